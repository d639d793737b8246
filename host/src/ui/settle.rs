//! Files in conflict, one after the other: whose version shall it be?

use std::collections::BTreeMap;

use super::page::{Page, Tone, count};
use super::prompt::{Field, Prompt, PromptError, Reply};
use super::{Detail, Ui, diff};
use crate::merge::Strategy;
use crate::path::ProjectPath;
use crate::plan::{Action, Note, Plan};

impl Ui {
    /// Asks for every file in conflict who wins.
    ///
    /// # Errors
    /// The user stopped it, or there is nobody to ask.
    pub fn settle(&mut self, plan: &Plan) -> Result<BTreeMap<ProjectPath, Strategy>, PromptError> {
        let conflicts: Vec<&Action> = plan.conflicts().collect();
        let mut page = Page::new();
        let number = count(conflicts.len(), "file", "files");
        page.line(Tone::Strong, format!("{number} in conflict"));
        self.beside_question(&page);
        let mut choices = BTreeMap::new();
        for action in conflicts {
            choices.insert(action.path.clone(), self.settle_one(plan, action)?);
        }
        Ok(choices)
    }

    fn settle_one(&mut self, plan: &Plan, action: &Action) -> Result<Strategy, PromptError> {
        let letters = [
            ('b', "both, between markers"),
            ('m', "mine"),
            ('n', "new"),
            ('d', "diff"),
        ];
        // Where the file cannot have markers, the first choice is another one.
        let first = match action.note {
            Some(Note::NoLongerGenerated) => "keep it, in conflict",
            Some(Note::Beside(_)) => "both, side by side",
            _ => "both, between markers",
        };
        let letters =
            letters.map(|(letter, word)| (letter, if letter == 'b' { first } else { word }));
        let help = action.note.as_ref().map(Note::reason).unwrap_or_default();
        loop {
            let reply = self.ask(&Prompt {
                message: &format!("{}: whose version?", action.path),
                help: &help,
                back: false,
                field: Field::Letter { letters: &letters },
            })?;
            match reply {
                Some(Reply::Letter('m')) => return Ok(Strategy::Ours),
                Some(Reply::Letter('n')) => return Ok(Strategy::Theirs),
                Some(Reply::Letter('d')) => {
                    let beside = |other: &&Action| match &other.note {
                        Some(Note::NewVersionOf(path)) => *path == action.path,
                        _ => other.path == action.path,
                    };
                    let shown = plan.actions.iter().filter(beside).cloned().collect();
                    let shown = Plan {
                        actions: shown,
                        ..Plan::default()
                    };
                    let mut page = Page::new();
                    page.page(&diff(&shown, Detail::Whole)).gap();
                    self.beside_question(&page);
                }
                Some(_) => return Ok(Strategy::Markers),
                None => return Err(PromptError::Cancelled),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::{action, change, plan_of};
    use super::super::testing::Do;
    use super::*;
    use crate::plan::Verb;

    #[test]
    fn every_file_in_conflict_is_asked_about() {
        let plan = plan_of(vec![
            change("a.txt", Verb::Conflict, Some("mine\n"), Some("<<<<<<<\n")),
            action("b.txt", Verb::Merge),
            action("c.txt", Verb::Conflict),
            action("d.txt", Verb::Conflict),
        ]);
        let say = |letter| Do::Say(Reply::Letter(letter));
        let (mut ui, transcript) = Ui::scripted([say('d'), say('m'), say('n'), Do::Enter]);
        let choices = ui.settle(&plan).unwrap();
        let names: Vec<_> = choices
            .iter()
            .map(|(path, choice)| (path.as_str(), *choice))
            .collect();
        assert_eq!(
            names,
            [
                ("a.txt", Strategy::Ours),
                ("c.txt", Strategy::Theirs),
                ("d.txt", Strategy::Markers)
            ]
        );
        assert_eq!(
            transcript.asked(),
            [
                "a.txt: whose version? [bmnd]",
                "a.txt: whose version? [bmnd]",
                "c.txt: whose version? [bmnd]",
                "d.txt: whose version? [bmnd]"
            ]
        );
        assert!(transcript.err().contains("diff --git a/a.txt b/a.txt"));
        assert!(transcript.err().starts_with("3 files in conflict"));
    }

    #[test]
    fn stopping_settles_nothing() {
        let plan = plan_of(vec![action("a.txt", Verb::Conflict)]);
        let (mut ui, _) = Ui::scripted([Do::Stop]);
        assert!(matches!(ui.settle(&plan), Err(PromptError::Cancelled)));
        let (mut ui, _) = Ui::scripted([Do::Back]);
        assert!(matches!(ui.settle(&plan), Err(PromptError::Cancelled)));
    }
}
