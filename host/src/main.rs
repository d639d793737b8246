//! `scaffold`, the command: see the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    scaffold::run(std::env::args_os().collect())
}
