//! The questions before anything is written: may these files be made, and shall the plan be applied.

use crate::error::{CommandError, ErrorKind};
use crate::plan::Verb;

use super::page::{Page, Tone, count};
use super::plan::{Permission, PlanView, plan};
use super::prompt::{Field, Prompt, PromptError, Reply};
use super::{Detail, Ui, clean, diff};

impl Ui {
    /// Shows the plan, and asks unless `yes` was said before. Without a terminal and without a yes it fails: a plan
    /// nobody has seen is not applied.
    pub fn confirm_plan(&mut self, view: &PlanView<'_>, yes: bool) -> Result<bool, CommandError> {
        let mut page = Page::new();
        if self.has_spoken() {
            page.line(Tone::Plain, "");
        }
        page.page(&plan(view, self.is_verbose()));
        if yes || !self.can_ask() {
            self.story(page);
            return if yes { Ok(true) } else { Err(no_yes()) };
        }
        page.gap();
        self.beside_question(&page);
        let conflicts = view
            .plan
            .actions
            .iter()
            .filter(|a| a.verb == Verb::Conflict)
            .count();
        let message = match conflicts {
            0 => "Apply?".to_owned(),
            _ => format!(
                "Apply, and settle {} afterwards?",
                count(conflicts, "conflict", "conflicts")
            ),
        };
        loop {
            let field = Field::Letter {
                letters: &[('y', "yes"), ('n', "no"), ('d', "diff")],
            };
            match self.ask(&Prompt {
                message: &message,
                help: "d shows the diff",
                back: false,
                field,
            }) {
                Ok(Some(Reply::Letter('y'))) => return Ok(true),
                Ok(Some(Reply::Letter('d'))) => {
                    let mut page = Page::new();
                    page.page(&diff(view.plan, Detail::Brief)).gap();
                    self.beside_question(&page);
                }
                Ok(_) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Asks for a yes to something that cannot be taken back; the default is no. Without a terminal and without a yes it
    /// fails.
    pub fn confirm(&mut self, message: &str, yes: bool) -> Result<bool, CommandError> {
        if yes || !self.can_ask() {
            return if yes {
                Ok(true)
            } else {
                Err(no_yes_to(message))
            };
        }
        let field = Field::Letter {
            letters: &[('n', "no"), ('y', "yes")],
        };
        let answer = self.ask(&Prompt {
            message: &clean::line(message),
            help: "it cannot be taken back",
            back: false,
            field,
        })?;
        Ok(matches!(answer, Some(Reply::Letter('y'))))
    }

    /// Asks whether the files of some consent classes may be made; the default is no. `flag` is what allows them
    /// where there is nobody to ask.
    pub fn consent(&mut self, wanted: &[Permission], flag: &str) -> Result<bool, CommandError> {
        let help = "these files can run programs on your machine later";
        self.permit(wanted, flag, help)
    }

    /// Asks whether packages may read files of the user's; the default is no.
    pub fn consent_to_read(&mut self, wanted: &[Permission]) -> Result<bool, CommandError> {
        let help = "what is read is copied into .scaffold/inputs, a part of the project";
        let flag = "--allow read (or --allow read=PATH for single files)";
        self.permit(wanted, flag, help)
    }

    fn permit(
        &mut self,
        wanted: &[Permission],
        flag: &str,
        help: &str,
    ) -> Result<bool, CommandError> {
        if wanted.is_empty() {
            return Ok(true);
        }
        let page = super::permissions(wanted, self.is_verbose());
        if !self.can_ask() {
            let message = format!(
                "a permission is needed that nobody has given\n{}",
                page.plain().trim_end()
            );
            return Err(CommandError::permission(message)
                .hint(format!("{flag} allows it; --yes never does")));
        }
        let mut shown = Page::new();
        shown.page(&page).gap();
        self.beside_question(&shown);
        let field = Field::Letter {
            letters: &[('n', "no"), ('y', "yes")],
        };
        match self.ask(&Prompt {
            message: "Allow these?",
            help,
            back: false,
            field,
        })? {
            Some(Reply::Letter('y')) => Ok(true),
            _ => Ok(false),
        }
    }

    /// The last words.
    pub fn ending(&mut self, ending: &super::Ending) {
        let mut page = Page::new();
        page.line(Tone::Plain, "").page(&super::ending(ending));
        self.story(page);
    }
}

fn no_yes_to(message: &str) -> CommandError {
    CommandError::usage(format!("nobody is there to answer: {message}"))
        .hint("--yes is the answer; --dry-run does everything else")
}

fn no_yes() -> CommandError {
    CommandError::usage("the plan needs a yes, and there is no terminal to ask in")
        .hint("--yes accepts the plan; --dry-run only shows it")
}

impl From<PromptError> for CommandError {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Cancelled => Self::new(ErrorKind::Cancelled, "nothing was written"),
            PromptError::NoTerminal => Self::usage(error),
            PromptError::Terminal(_) => {
                Self::failed(error).hint("--no-input never asks; answers come from flags then")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::{action, plan_of};
    use super::super::testing::Do;
    use super::super::{Options, Verbosity};
    use super::*;

    fn confirm(ui: &mut Ui, verb: Verb, yes: bool) -> Result<bool, CommandError> {
        let plan = plan_of(vec![action("a.txt", verb)]);
        ui.confirm_plan(
            &PlanView {
                title: "New",
                packages: &[],
                sealed: None,
                plan: &plan,
                permissions: &[],
            },
            yes,
        )
    }

    #[test]
    fn yes_no_and_diff() {
        let (mut ui, transcript) = Ui::scripted([Do::Say(Reply::Letter('d')), Do::Enter]);
        assert!(confirm(&mut ui, Verb::Create, false).unwrap());
        assert_eq!(transcript.asked(), ["Apply? [ynd]", "Apply? [ynd]"]);
        assert!(transcript.err().contains("diff --git a/a.txt b/a.txt"));
        for no in [Do::Say(Reply::Letter('n')), Do::Back] {
            let (mut ui, _) = Ui::scripted([no]);
            assert!(!confirm(&mut ui, Verb::Create, false).unwrap());
        }
        let (mut ui, _) = Ui::scripted([Do::Stop]);
        assert_eq!(
            confirm(&mut ui, Verb::Create, false).unwrap_err().kind,
            ErrorKind::Cancelled
        );
    }

    #[test]
    fn conflicts_are_in_the_question() {
        let (mut ui, transcript) = Ui::scripted([Do::Enter]);
        assert!(confirm(&mut ui, Verb::Conflict, false).unwrap());
        assert_eq!(
            transcript.asked(),
            ["Apply, and settle 1 conflict afterwards? [ynd]"]
        );
    }

    #[test]
    fn nobody_to_ask() {
        let (mut ui, transcript) = Ui::test(Options::default());
        assert!(confirm(&mut ui, Verb::Create, true).unwrap());
        assert!(transcript.err().contains("+ a.txt"));
        let error = confirm(&mut ui, Verb::Create, false).unwrap_err();
        assert_eq!((error.kind, error.hints.len()), (ErrorKind::Usage, 1));
    }

    #[test]
    fn quiet_still_shows_what_it_asks_about() {
        let (mut ui, transcript) = Ui::scripted([Do::Enter]);
        ui.options.verbosity = Verbosity::Quiet;
        assert!(confirm(&mut ui, Verb::Create, false).unwrap());
        assert!(transcript.err().contains("+ a.txt"));
    }

    #[test]
    fn consent_is_never_assumed() {
        let wanted = [Permission {
            who: "a/b".into(),
            what: ".envrc".into(),
            why: String::new(),
            class: Some("shell environment".into()),
        }];
        let (mut ui, transcript) = Ui::scripted([Do::Enter]);
        assert!(!ui.consent(&wanted, "--allow-runs").unwrap(), "enter is no");
        assert_eq!(transcript.asked(), ["Allow these? [ny]"]);
        let (mut ui, _) = Ui::scripted([Do::Say(Reply::Letter('y'))]);
        assert!(ui.consent(&wanted, "--allow-runs").unwrap());
        let (mut ui, _) = Ui::test(Options::default());
        let error = ui.consent(&wanted, "--allow-runs").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Permission);
        assert!(error.to_string().contains(".envrc") && error.hints[0].starts_with("--allow-runs"));
        assert!(ui.consent(&[], "--x").unwrap());
        assert!(ui.consent_to_read(&[]).unwrap());
    }

    #[test]
    fn what_stays_for_good_is_asked_for() {
        let (mut ui, transcript) = Ui::scripted([Do::Enter, Do::Say(Reply::Letter('y')), Do::Stop]);
        assert!(!ui.confirm("Publish?", false).unwrap(), "enter is no");
        assert!(ui.confirm("Publish?", false).unwrap());
        let stopped = ui.confirm("Publish?", false).unwrap_err();
        assert_eq!(stopped.kind, ErrorKind::Cancelled);
        assert!(ui.confirm("Publish?", true).unwrap());
        assert_eq!(transcript.asked(), ["Publish? [ny]"; 3]);
        let (mut ui, _) = Ui::test(Options::default());
        let error = ui.confirm("Publish?", false).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
        assert!(error.hints[0].starts_with("--yes"), "{:?}", error.hints);
    }

    #[test]
    fn reading_is_asked_for_with_the_reason() {
        let wanted = [Permission {
            who: "a/b".into(),
            what: "read docs/**".into(),
            why: "The contents are made from them.".into(),
            class: None,
        }];
        let (mut ui, transcript) = Ui::scripted([Do::Enter, Do::Say(Reply::Letter('y'))]);
        assert!(!ui.consent_to_read(&wanted).unwrap(), "enter is no");
        assert!(ui.consent_to_read(&wanted).unwrap());
        let shown = "  read docs/**: The contents are made from them.";
        assert!(transcript.err().contains(shown), "{}", transcript.err());
        let (mut ui, _) = Ui::test(Options::default());
        let error = ui.consent_to_read(&wanted).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Permission);
        assert!(error.to_string().contains("read docs/**"), "{error}");
    }
}
