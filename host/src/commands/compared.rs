//! A project replayed and compared with its folder: what `status` and `diff` show.

use std::collections::BTreeMap;

use super::reading::{self, Standings};
use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{self, Stand},
    path::ProjectPath,
    project::Project,
    replay::{Made, Replayer},
    workspace::Workspace,
};

pub struct Compared {
    /// Every generated file and the instance that made it first; others may have added to it.
    pub makers: BTreeMap<ProjectPath, String>,
    pub differing: Vec<Stand>,
    /// What generators read of the user's own files; nothing unless it was asked for.
    pub inputs: Standings,
}

/// Asks no registry, unless a locked package is nowhere on this machine.
///
/// # Errors
/// The lock cannot be replayed, or the folder cannot be read.
pub fn compare(
    context: &mut Context,
    project: &Project,
    with_inputs: bool,
) -> Result<Compared, CommandError> {
    let tools = context.tools(Some(project))?;
    let packages = tools.packages();
    let mut replayer = Replayer::new(&packages, project);
    let pristine = replayer.pristine(&project.lock)?;
    context.tell_notices(&packages);
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let inputs = if with_inputs {
        reading::standing(&replayer, &project.lock, &workspace, &pristine)?
    } else {
        Standings::default()
    };
    Ok(Compared {
        inputs,
        makers: makers(replayer.made()),
        differing: merge::compare(&pristine, &workspace).kind(ErrorKind::Failed)?,
    })
}

fn makers(made: &[Made]) -> BTreeMap<ProjectPath, String> {
    let mut makers = BTreeMap::new();
    for made in made {
        for (path, file) in &made.changes.files {
            if file.is_none() {
                makers.remove(path);
            } else if !makers.contains_key(path) {
                makers.insert(path.clone(), made.locked.instance.clone());
            }
        }
    }
    makers
}
