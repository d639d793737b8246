//! A project compared with its folder: what `status` and `diff` show.

use std::{collections::BTreeMap, time::SystemTime};

use super::reading::{self, Standings};
use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{self, Stand},
    path::ProjectPath,
    project::{Locked, Project},
    replay::{Made, Replayer},
    trees::{Kept, Look, Pristine, Trees},
    workspace::Workspace,
};

pub struct Compared {
    /// See [`Pristine::makers`].
    pub makers: BTreeMap<ProjectPath, String>,
    pub differing: Vec<Stand>,
    /// What generators read of the user's own files; nothing unless it was asked for.
    pub inputs: Standings,
}

/// Replays the lock if nobody looked at it before, and reads what was touched since. Asks no registry, unless a locked
/// package is nowhere on this machine.
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
    if !with_inputs
        && let Some(kept) = trees.load(&project.lock)
        && let Some(compared) = look(&trees, project, &workspace, kept)?
    {
        return Ok(compared);
    }
    let (pristine, inputs) = replay(context, project, &workspace, with_inputs)?;
    trees.keep(&project.lock, &pristine);
    let paths = pristine.tree.iter().map(|(path, _)| path);
    let look = Look::take(&workspace, paths, SystemTime::now());
    let compared = merge::compare(pristine.tree.iter(), &workspace).kind(ErrorKind::Failed)?;
    let all: Vec<usize> = (0..pristine.tree.len()).collect();
    if let Some(seen) = look.seen(&all, &compared.same) {
        trees.note_seen(&project.lock, &project.root, &seen);
    }
    Ok(Compared {
        differing: compared.differing,
        makers: pristine.makers,
        inputs,
    })
}

/// Compares what was touched since the last look; none if the kept tree is damaged.
fn look(
    trees: &Trees,
    project: &Project,
    workspace: &Workspace,
    mut kept: Kept,
) -> Result<Option<Compared>, CommandError> {
    let (lock, root) = (&project.lock, &project.root);
    let look = Look::take(workspace, kept.paths(), SystemTime::now());
    let suspects = look.suspects(&trees.seen(lock, root, kept.paths().count()));
    let Some(files) = kept.read(&suspects) else {
        return Ok(None);
    };
    let generated = files.iter().map(|(path, file)| (path, file));
    let compared = merge::compare(generated, workspace).kind(ErrorKind::Failed)?;
    if let Some(seen) = look.seen(&suspects, &compared.same) {
        trees.note_seen(lock, root, &seen);
    }
    Ok(Some(Compared {
        makers: kept.into_makers(),
        differing: compared.differing,
        inputs: Standings::default(),
    }))
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
