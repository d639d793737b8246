use crate::{cli::Token, context::Context, error::CommandError};

/// `scaffold registry token`
pub fn run(_: &mut Context, _: &Token) -> Result<(), CommandError> {
    Err(CommandError::usage("this build has no server"))
}
