use crate::{cli::Serve, context::Context, error::CommandError};

/// `scaffold registry serve`
pub fn run(_: &mut Context, _: &Serve) -> Result<(), CommandError> {
    Err(CommandError::usage("this build has no server"))
}
