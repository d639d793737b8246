//! A project compared with its folder: what `status` and `diff` show.

use std::collections::BTreeMap;

use super::reading::{self, Standings};
use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{self, Stand},
    path::ProjectPath,
    project::{Locked, Project},
    replay::{Made, Replayer},
    trees::{Pristine, Trees},
    workspace::Workspace,
};

pub struct Compared {
    /// See [`Pristine::makers`].
    pub makers: BTreeMap<ProjectPath, String>,
    pub differing: Vec<Stand>,
    /// What generators read of the user's own files; nothing unless it was asked for.
    pub inputs: Standings,
}

/// Replays the lock if nobody looked at it before. Asks no registry, unless a locked package is nowhere on this machine.
///
/// # Errors
/// The lock cannot be replayed, or the folder cannot be read.
pub fn compare(
    context: &mut Context,
    project: &Project,
    with_inputs: bool,
) -> Result<Compared, CommandError> {
    let reads = |locked: &Locked| !locked.reads.is_empty() || !locked.inputs.is_empty();
    let with_inputs = with_inputs && project.lock.generators.iter().any(reads);
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let trees = Trees::new(context.dirs.cache.as_deref());
    // Whoever reads the user's files has to run again to tell what it would read today.
    let kept = trees.load(&project.lock).filter(|_| !with_inputs);
    let (pristine, inputs) = match kept {
        Some(pristine) => (pristine, Standings::default()),
        None => {
            let (pristine, inputs) = replay(context, project, &workspace, with_inputs)?;
            trees.keep(&project.lock, &pristine);
            (pristine, inputs)
        }
    };
    Ok(Compared {
        differing: merge::compare(&pristine.tree, &workspace).kind(ErrorKind::Failed)?,
        makers: pristine.makers,
        inputs,
    })
}

fn replay(
    context: &mut Context,
    project: &Project,
    workspace: &Workspace,
    with_inputs: bool,
) -> Result<(Pristine, Standings), CommandError> {
    let tools = context.tools(Some(project))?;
    let packages = tools.packages();
    let mut replayer = Replayer::new(&packages, project);
    let tree = replayer.pristine(&project.lock)?;
    context.tell_notices(&packages);
    let inputs = if with_inputs {
        reading::standing(
            &replayer,
            &project.lock,
            workspace,
            &tree,
            &context.policy()?,
        )?
    } else {
        Standings::default()
    };
    let makers = makers(replayer.made());
    Ok((Pristine { tree, makers }, inputs))
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
