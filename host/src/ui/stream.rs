//! One of the process's two output streams.

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use super::Color;

/// A stream that drops styles it does not want and keeps its first failure for the end, so that printing is not
/// something every caller has to handle.
pub(super) struct Stream {
    to: Box<dyn Write + Send>,
    /// Where bytes go as they are; none where people read.
    exact: Option<Box<dyn Write + Send>>,
    colored: bool,
    failure: Option<io::Error>,
}

impl Stream {
    #[expect(clippy::disallowed_methods, reason = "this is where ui prints")]
    pub(super) fn stdout(color: Color) -> Self {
        let choice = choice(color, AutoStream::choice(&io::stdout()));
        let people = io::stdout().is_terminal() || choice != ColorChoice::Never;
        let mut stream = Self::new(
            Box::new(AutoStream::new(io::stdout(), choice)),
            choice != ColorChoice::Never,
        );
        if !people {
            stream.exact = Some(Box::new(io::stdout()));
        }
        stream
    }

    #[expect(clippy::disallowed_methods, reason = "this is where ui prints")]
    pub(super) fn stderr(color: Color) -> Self {
        let choice = choice(color, AutoStream::choice(&io::stderr()));
        Self::new(
            Box::new(AutoStream::new(io::stderr(), choice)),
            choice != ColorChoice::Never,
        )
    }

    pub(super) fn new(to: Box<dyn Write + Send>, colored: bool) -> Self {
        Self {
            to,
            exact: None,
            colored,
            failure: None,
        }
    }

    /// Whether styles are shown.
    pub(super) fn colored(&self) -> bool {
        self.colored
    }

    pub(super) fn write(&mut self, text: &str) {
        if self.failure.is_none() {
            self.failure = self
                .to
                .write_all(text.as_bytes())
                .and_then(|()| self.to.flush())
                .err();
        }
    }

    /// Writes for a program what must not be cleaned; false, and nothing is written, where people read.
    pub(super) fn write_exactly(&mut self, text: &str) -> bool {
        self.flush();
        let Some(exact) = &mut self.exact else {
            return false;
        };
        if self.failure.is_none() {
            let written = exact.write_all(text.as_bytes());
            self.failure = written.and_then(|()| exact.flush()).err();
        }
        true
    }

    pub(super) fn flush(&mut self) {
        if self.failure.is_none() {
            self.failure = self.to.flush().err();
        }
    }

    /// What went wrong, unless it is only that the reader has seen enough.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.flush();
        match self.failure.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

/// What was asked for, or what suits the stream.
fn choice(color: Color, auto: ColorChoice) -> ColorChoice {
    match color {
        Color::Auto => auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_went_away_is_no_failure() {
        let mut stream = Stream::new(Box::new(Broken(io::ErrorKind::BrokenPipe)), false);
        stream.write("x");
        assert!(stream.finish().is_ok());
    }

    #[test]
    fn a_full_disk_is_one() {
        let mut stream = Stream::new(Box::new(Broken(io::ErrorKind::StorageFull)), false);
        stream.write("x");
        assert_eq!(
            stream.finish().map_err(|e| e.kind()),
            Err(io::ErrorKind::StorageFull)
        );
    }
}
