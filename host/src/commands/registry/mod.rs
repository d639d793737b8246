//! `scaffold registry …`, a file a subcommand.

mod serve;
mod token;

use crate::{
    cli::{Registry, RegistryCommand},
    context::Context,
    error::CommandError,
};

/// `scaffold registry`
pub fn run(context: &mut Context, args: &Registry) -> Result<(), CommandError> {
    match &args.command {
        RegistryCommand::Serve(args) => serve::run(context, args),
        RegistryCommand::Token(args) => token::run(context, args),
    }
}
