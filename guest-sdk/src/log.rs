//! Words to the user while the generator runs. Always granted; at most 1 MiB in one run.

use crate::bindings::scaffold::generator::log::{Level, message};

/// Shown only when details are asked for.
pub fn debug(text: impl AsRef<str>) {
    message(Level::Debug, text.as_ref());
}

pub fn info(text: impl AsRef<str>) {
    message(Level::Info, text.as_ref());
}

/// Something the user should know but that does not stop the run.
pub fn warn(text: impl AsRef<str>) {
    message(Level::Warn, text.as_ref());
}
