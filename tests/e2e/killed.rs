//! Killed at any moment, by the system and not by a step that was asked for.

use std::path::Path;

/// A short run of what `scaffold-bench`'s `stress` does at length. Which moments are met differs from run to run; what
/// is asked of them does not.
#[test]
fn a_killed_command_leaves_the_old_state_or_the_new_one() {
    let report = crate::stress::kills::run(Path::new(env!("CARGO_BIN_EXE_scaffold")), 40, 30, 9);
    assert!(report.torn.is_empty(), "{report}");
    assert!(report.kills() > 0, "{report}");
    println!("{report}");
}
