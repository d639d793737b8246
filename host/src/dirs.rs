//! Where the user's own files of this tool are. Read from the environment once, at the top; nothing below looks.

use std::{env, path::PathBuf};

/// The user's folders; none where the machine does not say (no home), and then nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct Dirs {
    /// Blobs, index copies, compiled components: can be deleted at any time.
    pub cache: Option<PathBuf>,
    /// `config.toml`.
    pub config: Option<PathBuf>,
}

impl Dirs {
    /// `SCAFFOLD_CACHE` and `SCAFFOLD_CONFIG` where set, else the places the system gives such files (on Linux the
    /// XDG Base Directory Specification's).
    pub fn from_environment() -> Self {
        Self {
            cache: absolute("SCAFFOLD_CACHE")
                .or_else(|| system(Place::Cache).map(|p| p.join("scaffold"))),
            config: absolute("SCAFFOLD_CONFIG")
                .or_else(|| system(Place::Config).map(|p| p.join("scaffold"))),
        }
    }
}

enum Place {
    Cache,
    Config,
}

fn system(place: Place) -> Option<PathBuf> {
    if cfg!(windows) {
        return absolute(match place {
            Place::Cache => "LOCALAPPDATA",
            Place::Config => "APPDATA",
        });
    }
    let home = absolute("HOME");
    if cfg!(target_os = "macos") {
        return Some(home?.join(match place {
            Place::Cache => "Library/Caches",
            Place::Config => "Library/Application Support",
        }));
    }
    match place {
        Place::Cache => absolute("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache"))),
        Place::Config => absolute("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config"))),
    }
}

/// A relative value is ignored, as the XDG specification demands.
fn absolute(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
