//! Whether paths can stand beside each other on every disk.

use std::collections::HashMap;

use super::ArchiveError;
use crate::path;

/// What is known of a path seen, under its folded key.
struct Seen {
    spelling: String,
    folder: bool,
}

/// The paths seen so far, with all folders above them.
#[derive(Default)]
pub(super) struct Shape(HashMap<String, Seen>);

impl Shape {
    /// Checks a path by itself and against those before it, and remembers it.
    pub(super) fn add(&mut self, spelling: &str, folder: bool) -> Result<(), ArchiveError> {
        path::check(spelling)?;
        let key = path::fold(spelling);
        // Folding neither makes nor takes slashes, so both have the same components.
        let ends = |text: &str| -> Vec<usize> {
            text.match_indices('/')
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect()
        };
        let (spelling_ends, key_ends) = (ends(spelling), ends(&key));
        let last = spelling_ends.len().saturating_sub(1);
        for (depth, (&spelling_end, &key_end)) in
            spelling_ends.iter().zip(&key_ends).enumerate().rev()
        {
            let known = self.one(
                &spelling[..spelling_end],
                &key[..key_end],
                folder || depth < last,
            )?;
            if known {
                // Whatever stands above it was seen with it.
                break;
            }
        }
        Ok(())
    }

    /// Whether it was known already.
    fn one(&mut self, spelling: &str, key: &str, folder: bool) -> Result<bool, ArchiveError> {
        let Some(seen) = self.0.get(key) else {
            self.0.insert(
                key.to_owned(),
                Seen {
                    spelling: spelling.to_owned(),
                    folder,
                },
            );
            return Ok(false);
        };
        if seen.spelling != spelling {
            return Err(ArchiveError::Twins {
                one: seen.spelling.clone(),
                other: spelling.to_owned(),
            });
        }
        if seen.folder != folder {
            return Err(ArchiveError::FileAndFolder {
                path: spelling.to_owned(),
            });
        }
        Ok(true)
    }
}
