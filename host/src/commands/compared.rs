//! A project compared with its folder: what `status` and `diff` show.

use std::collections::BTreeMap;

use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{self, Stand},
    path::ProjectPath,
    project::Project,
    replay::{Made, Replayer},
    trees::{Pristine, Trees},
    workspace::Workspace,
};

pub struct Compared {
    /// See [`Pristine::makers`].
    pub makers: BTreeMap<ProjectPath, String>,
    pub differing: Vec<Stand>,
}

/// Replays the lock if nobody looked at it before. Asks no registry, unless a locked package is nowhere on this machine.
///
/// # Errors
/// The lock cannot be replayed, or the folder cannot be read.
pub fn compare(context: &mut Context, project: &Project) -> Result<Compared, CommandError> {
    let trees = Trees::new(context.dirs.cache.as_deref());
    let pristine = match trees.load(&project.lock) {
        Some(pristine) => pristine,
        None => {
            let pristine = replay(context, project)?;
            trees.keep(&project.lock, &pristine);
            pristine
        }
    };
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    Ok(Compared {
        differing: merge::compare(&pristine.tree, &workspace).kind(ErrorKind::Failed)?,
        makers: pristine.makers,
    })
}

fn replay(context: &mut Context, project: &Project) -> Result<Pristine, CommandError> {
    let tools = context.tools(Some(project))?;
    let packages = tools.packages();
    let mut replayer = Replayer::new(&packages, &project.lock.project);
    let tree = replayer.pristine(&project.lock)?;
    context.tell_notices(&packages);
    let makers = makers(replayer.made());
    Ok(Pristine { tree, makers })
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
