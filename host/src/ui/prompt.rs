//! Asking one thing of a person in a terminal.
//!
//! [`Prompter`] is the seam: the terminal is one, tests script another. What to ask next, and what an answer means,
//! is not decided here.

use inquire::ui::{Color as Ink, ErrorMessageRenderConfig, RenderConfig, StyleSheet, Styled};
use inquire::validator::{ErrorMessage, Validation};
use inquire::{
    Confirm, CustomType, InquireError, MultiSelect, Password, PasswordDisplayMode, Select, Text,
};

use super::clean;

/// One thing to ask.
pub struct Prompt<'a> {
    /// One line.
    pub message: &'a str,
    /// What else there is to say, on one line below; may be empty.
    pub help: &'a str,
    /// Whether Esc leads somewhere.
    pub back: bool,
    pub field: Field<'a>,
}

/// What kind of answer is asked for.
pub enum Field<'a> {
    /// A line of text.
    Text {
        /// Taken when nothing is typed.
        default: Option<String>,
        /// Stands there already, to be edited.
        initial: Option<String>,
        /// Why a text will not do.
        check: &'a dyn Fn(&str) -> Result<(), String>,
    },
    /// A line of text that nobody shall see.
    Secret {
        /// It is typed twice, since a typing mistake in it would be found out too late.
        twice: bool,
    },
    YesNo {
        default: Option<bool>,
    },
    /// One of some lines.
    One {
        options: Vec<String>,
        start: usize,
    },
    /// Any of some lines.
    Any {
        options: Vec<String>,
        picked: Vec<usize>,
    },
    /// One of a few letters, each with the word it stands for; the first is the default.
    Letter {
        letters: &'a [(char, &'a str)],
    },
}

/// What was answered, of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Text(String),
    YesNo(bool),
    One(usize),
    Any(Vec<usize>),
    Letter(char),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Ctrl-C, or the input ended.
    #[error("cancelled; nothing was written")]
    Cancelled,
    #[error("there is no terminal to ask in")]
    NoTerminal,
    #[error("cannot ask in this terminal")]
    Terminal(#[source] std::io::Error),
}

/// Somebody to ask.
pub trait Prompter {
    /// The answer; none: Esc, a step back.
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Option<Reply>, PromptError>;
}

/// The person at the terminal. Draws on stderr, as the rest of the story.
pub(super) struct Terminal {
    looks: RenderConfig<'static>,
}

impl Terminal {
    pub(super) fn new(colored: bool) -> Self {
        Self {
            looks: looks(colored),
        }
    }
}

impl Prompter for Terminal {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Option<Reply>, PromptError> {
        // The words may be a package's.
        let message = clean::line_within(prompt.message, 200);
        let help = help(prompt);
        let looks = self.looks;
        let reply = match &prompt.field {
            Field::Text {
                default,
                initial,
                check,
            } => {
                let validate = |text: &str| {
                    Ok(match check(text) {
                        Ok(()) => Validation::Valid,
                        Err(reason) => {
                            Validation::Invalid(ErrorMessage::Custom(clean::line(&reason)))
                        }
                    })
                };
                let mut text = Text::new(&message)
                    .with_validator(validate)
                    .with_render_config(looks);
                let (clean_default, clean_initial) = (cleaned(default), cleaned(initial));
                text.help_message = help.as_deref();
                text.default = clean_default.as_deref();
                text.initial_value = clean_initial.as_deref();
                let meant = |text| Reply::Text(as_meant(text, [initial, default]));
                text.prompt_skippable().map(|text| text.map(meant))
            }
            Field::Secret { twice } => {
                let mut secret = Password::new(&message)
                    .with_display_mode(PasswordDisplayMode::Hidden)
                    .with_render_config(looks);
                secret.help_message = help.as_deref();
                secret.enable_confirmation = *twice;
                secret.prompt_skippable().map(|text| text.map(Reply::Text))
            }
            Field::YesNo { default } => {
                let mut confirm = Confirm::new(&message)
                    .with_error_message("answer y or n")
                    .with_render_config(looks);
                confirm.help_message = help.as_deref();
                confirm.default = *default;
                confirm.prompt_skippable().map(|yes| yes.map(Reply::YesNo))
            }
            Field::One { options, start } => {
                let options: Vec<String> =
                    options.iter().map(|o| clean::line_within(o, 200)).collect();
                let start = (*start).min(options.len().saturating_sub(1));
                let mut select = Select::new(&message, options)
                    .with_starting_cursor(start)
                    .with_page_size(PAGE)
                    .with_render_config(looks);
                select.help_message = help.as_deref();
                select
                    .raw_prompt_skippable()
                    .map(|picked| picked.map(|p| Reply::One(p.index)))
            }
            Field::Any { options, picked } => {
                let options: Vec<String> =
                    options.iter().map(|o| clean::line_within(o, 200)).collect();
                let mut select = MultiSelect::new(&message, options)
                    .with_default(picked)
                    .with_page_size(PAGE)
                    .with_formatter(&|picked| match picked {
                        [] => "none".to_owned(),
                        _ => picked
                            .iter()
                            .map(|p| p.value.as_str())
                            .collect::<Vec<_>>()
                            .join(", "),
                    })
                    .with_render_config(looks);
                select.help_message = help.as_deref();
                select
                    .raw_prompt_skippable()
                    .map(|all| all.map(|all| Reply::Any(all.iter().map(|p| p.index).collect())))
            }
            Field::Letter { letters } => ask_letter(&message, help.as_deref(), letters, looks),
        };
        reply.map_err(|error| match error {
            InquireError::OperationCanceled | InquireError::OperationInterrupted => {
                PromptError::Cancelled
            }
            InquireError::NotTTY => PromptError::NoTerminal,
            InquireError::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                PromptError::Cancelled
            }
            InquireError::IO(error) => PromptError::Terminal(error),
            other => PromptError::Terminal(std::io::Error::other(other.to_string())),
        })
    }
}

/// A text to edit or to take as it is, as it may be shown.
fn cleaned(text: &Option<String>) -> Option<String> {
    text.as_deref().map(clean::file_line)
}

/// What somebody means who leaves a text as it was shown: the text, and not what stood for some of its characters.
fn as_meant(reply: String, offered: [&Option<String>; 2]) -> String {
    let offered = offered.into_iter().flatten();
    let mut same = offered.filter(|text| clean::file_line(text) == reply);
    same.next().cloned().unwrap_or(reply)
}

/// Options shown at once; more scroll.
const PAGE: usize = 12;

fn ask_letter(
    message: &str,
    help: Option<&str>,
    letters: &[(char, &str)],
    looks: RenderConfig<'_>,
) -> Result<Option<Reply>, InquireError> {
    let shown: Vec<String> = letters
        .iter()
        .enumerate()
        .map(|(place, (letter, _))| {
            if place == 0 {
                letter.to_uppercase().to_string()
            } else {
                letter.to_string()
            }
        })
        .collect();
    let shown = shown.join("/");
    let word = |letter: char| {
        letters
            .iter()
            .find(|(l, _)| *l == letter)
            .map_or("", |(_, word)| word)
            .to_owned()
    };
    let parse = |text: &str| {
        let text = text.trim().to_lowercase();
        let found = letters
            .iter()
            .find(|(letter, word)| text == letter.to_string() || text == *word);
        found.map(|(letter, _)| *letter).ok_or(())
    };
    let standing = |_| shown.clone();
    let refusal = format!("answer one of {shown}");
    let mut ask = CustomType::<char>::new(message)
        .with_parser(&parse)
        .with_formatter(&word)
        .with_default_value_formatter(&standing)
        .with_error_message(&refusal)
        .with_render_config(looks);
    ask.default = letters.first().map(|(letter, _)| *letter);
    ask.help_message = help;
    ask.prompt_skippable()
        .map(|letter| letter.map(Reply::Letter))
}

/// What helps with this prompt: its own words, then the keys that are not obvious.
fn help(prompt: &Prompt<'_>) -> Option<String> {
    let mut keys = Vec::new();
    match &prompt.field {
        Field::One { options, .. } if options.len() > PAGE => keys.push("type to filter"),
        Field::Any { .. } => keys.push("space picks, enter goes on"),
        _ => {}
    }
    if prompt.back {
        keys.push("esc goes back");
    }
    let words = clean::line_within(prompt.help, 300);
    let keys = keys.join(", ");
    match (words.is_empty(), keys.is_empty()) {
        (true, true) => None,
        (true, false) => Some(keys),
        (false, true) => Some(words),
        (false, false) => Some(format!("{words} ({keys})")),
    }
}

fn looks(colored: bool) -> RenderConfig<'static> {
    let looks = if colored {
        RenderConfig::default_colored()
            .with_prompt_prefix(Styled::new("?").with_fg(Ink::LightCyan))
            .with_answered_prompt_prefix(Styled::new("✓").with_fg(Ink::LightGreen))
            .with_help_message(StyleSheet::new().with_fg(Ink::DarkGrey))
            .with_default_value(StyleSheet::new().with_fg(Ink::DarkGrey))
            .with_error_message(
                ErrorMessageRenderConfig::default_colored()
                    .with_prefix(Styled::new("!").with_fg(Ink::LightRed)),
            )
            .with_canceled_prompt_indicator(Styled::new("back").with_fg(Ink::DarkGrey))
    } else {
        RenderConfig::empty()
            .with_answered_prompt_prefix(Styled::new("✓"))
            .with_error_message(ErrorMessageRenderConfig::empty().with_prefix(Styled::new("!")))
            .with_canceled_prompt_indicator(Styled::new("back"))
    };
    looks
        .with_selected_checkbox(Styled::new("[x]"))
        .with_unselected_checkbox(Styled::new("[ ]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_offered_is_shown_clean_and_taken_as_it_is() {
        let offered = Some("my\u{202e}pohs".to_owned());
        assert_eq!(cleaned(&offered).as_deref(), Some("my\u{FFFD}pohs"));
        let meant = |reply: &str| as_meant(reply.to_owned(), [&None, &offered]);
        assert_eq!(meant("my\u{FFFD}pohs"), "my\u{202e}pohs");
        assert_eq!(meant("shop"), "shop");
    }

    #[test]
    fn help_names_the_keys_that_are_not_obvious() {
        let prompt = |help, back, field| Prompt {
            message: "m",
            help,
            back,
            field,
        };
        let yes = || Field::YesNo { default: None };
        assert_eq!(help(&prompt("", false, yes())), None);
        assert_eq!(
            help(&prompt("Why.", true, yes())).as_deref(),
            Some("Why. (esc goes back)")
        );
        let any = Field::Any {
            options: vec![],
            picked: vec![],
        };
        assert_eq!(
            help(&prompt("", true, any)).as_deref(),
            Some("space picks, enter goes on, esc goes back")
        );
        assert_eq!(
            help(&prompt("a\x1bb\nc", false, yes())).as_deref(),
            Some("a␛b c")
        );
    }
}
