//! A [`Ui`] for tests: what it prints is kept, what it asks is answered from a script.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::prompt::{Field, Prompt, PromptError, Prompter, Reply};
use super::stream::Stream;
use super::{Bars, Options, Ui};

/// Both streams of a test's [`Ui`], and what was asked.
#[derive(Clone, Default)]
pub(crate) struct Transcript {
    out: Shared,
    err: Shared,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Transcript {
    pub(crate) fn out(&self) -> String {
        self.out.text()
    }
    pub(crate) fn err(&self) -> String {
        self.err.text()
    }
    /// Each prompt as `message [default or start]`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        anstream::adapter::strip_str(&String::from_utf8(self.0.lock().unwrap().clone()).unwrap())
            .to_string()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What somebody does at a prompt.
#[derive(Debug, Clone)]
pub(crate) enum Do {
    Say(Reply),
    /// Enter: whatever stands there.
    Enter,
    /// Esc.
    Back,
    /// Ctrl-C.
    Stop,
}

struct Script {
    moves: VecDeque<Do>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Prompter for Script {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Option<Reply>, PromptError> {
        let (standing, shown) = standing(&prompt.field);
        self.asked
            .lock()
            .unwrap()
            .push(format!("{} [{shown}]", prompt.message));
        let reply = match self
            .moves
            .pop_front()
            .unwrap_or_else(|| panic!("nothing scripted for {}", prompt.message))
        {
            Do::Say(reply) => reply,
            Do::Enter => standing.unwrap_or_else(|| panic!("{} has no default", prompt.message)),
            Do::Back => return Ok(None),
            Do::Stop => return Err(PromptError::Cancelled),
        };
        if let (Field::Text { check, .. }, Reply::Text(text)) = (&prompt.field, &reply) {
            assert_eq!(check(text), Ok(()), "the terminal would not let this pass");
        }
        Ok(Some(reply))
    }
}

fn standing(field: &Field<'_>) -> (Option<Reply>, String) {
    match field {
        Field::Text {
            default, initial, ..
        } => {
            let text = initial.clone().or_else(|| default.clone());
            (text.clone().map(Reply::Text), text.unwrap_or_default())
        }
        Field::Secret { .. } => (None, "unseen".to_owned()),
        Field::YesNo { default } => (
            default.map(Reply::YesNo),
            default
                .map(|d| if d { "Y/n" } else { "y/N" }.to_owned())
                .unwrap_or_default(),
        ),
        Field::One { options, start } => {
            let marked = options.iter().enumerate().map(|(n, o)| {
                if n == *start {
                    format!(">{o}")
                } else {
                    o.clone()
                }
            });
            (
                Some(Reply::One(*start)),
                marked.collect::<Vec<_>>().join(" | "),
            )
        }
        Field::Any { options, picked } => {
            let marked = options.iter().enumerate().map(|(n, o)| {
                if picked.contains(&n) {
                    format!("x{o}")
                } else {
                    o.clone()
                }
            });
            (
                Some(Reply::Any(picked.clone())),
                marked.collect::<Vec<_>>().join(" | "),
            )
        }
        Field::Letter { letters } => {
            let first = letters.first().map(|(letter, _)| Reply::Letter(*letter));
            (first, letters.iter().map(|(letter, _)| *letter).collect())
        }
    }
}

impl Ui {
    /// A Ui without a terminal.
    pub(crate) fn test(options: Options) -> (Self, Transcript) {
        let transcript = Transcript::default();
        let ui = Self {
            options,
            out: Stream::new(Box::new(transcript.out.clone()), true),
            err: Stream::new(Box::new(transcript.err.clone()), true),
            prompter: None,
            bars: Bars::new(false, false),
            document: false,
            spoken: false,
        };
        (ui, transcript)
    }

    /// A Ui at whose terminal somebody does these things.
    pub(crate) fn scripted(moves: impl IntoIterator<Item = Do>) -> (Self, Transcript) {
        let (mut ui, transcript) = Self::test(Options::default());
        let moves = moves.into_iter().collect();
        ui.prompter = Some(Box::new(Script {
            moves,
            asked: Arc::clone(&transcript.asked),
        }));
        (ui, transcript)
    }
}
