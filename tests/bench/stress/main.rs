//! Kills real commands in real projects at random moments, and fails unless the next command always finds the old
//! state or the new one.
//!
//!     cargo build --release --package scaffold
//!     cargo run --release --package scaffold-bench --bin stress -- [--kills N] [--seed N] [--files N] [--scaffold PROGRAM]
//!
//! The program is the one that was built beside this one, unless another is named. A short run of the same is part of
//! the tests.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "not part of the product: a surprise shall stop it, and it prints what it found"
)]

mod kills;
mod scene;

use std::{path::PathBuf, process::ExitCode, time::SystemTime};

fn main() -> ExitCode {
    let beside = || {
        std::env::current_exe()
            .unwrap()
            .with_file_name(format!("scaffold{}", std::env::consts::EXE_SUFFIX))
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let (mut kills, mut files, mut seed, mut program) = (1000, 300, now.as_secs(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .unwrap_or_else(|| panic!("{argument} takes a value"));
        let number = || {
            value
                .parse()
                .unwrap_or_else(|_| panic!("{argument} takes a number"))
        };
        match argument.as_str() {
            "--kills" => kills = number(),
            "--files" => files = number(),
            "--seed" => seed = value.parse().expect("--seed takes a number"),
            "--scaffold" => program = Some(PathBuf::from(&value)),
            other => panic!("unknown argument: {other}"),
        }
    }
    // Commands run in other folders.
    let program = program.unwrap_or_else(beside);
    let program = program
        .canonicalize()
        .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    println!("{} with seed {seed}, {files} files\n", program.display());
    let report = kills::run(&program, files, kills, seed);
    println!("{report}");
    if report.torn.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
