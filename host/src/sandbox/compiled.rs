//! The cache of compiled components, `compiled/` in the user's cache.
//!
//! Loading machine code runs it, so a file is believed only with a MAC under a key that this user alone can
//! read. Anything off (short, swapped, poisoned, from another version) is deleted and compiled again. Compiled
//! code is never taken from a registry.
//!
//! A file is `MAC (32 bytes) | machine code`; its name is the digest of everything the code depends on.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of compiled components"
)]

use std::{
    fs,
    hash::{Hash, Hasher},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit, Mac};
use scaffold_registry::Digest;
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

const MAC_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

pub(super) struct CompiledCache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

impl CompiledCache {
    /// The cache in `root`, made when missing. None where it cannot be made or is not this user's alone: then
    /// everything still works, and compiles each time.
    pub(super) fn open(root: &Path) -> Option<Self> {
        let folder = root.join("compiled");
        private_folder(root).ok()?;
        private_folder(&folder).ok()?;
        let key = read_or_make_key(&root.join("compiled.key")).ok()?;
        Some(Self { folder, key })
    }

    /// What is cached for the component with this digest, if it can be believed.
    pub(super) fn load(&self, engine: &Engine, wasm: &Digest) -> Option<Component> {
        let path = self.path(engine, wasm);
        let bytes = read_regular(&path).ok()?;
        let component = self.authentic(&path, &bytes).and_then(|code| {
            // SAFETY: `deserialize` trusts its input to be what `serialize` gave. The MAC over these very bytes in
            // memory (not over a file that could change) and over the file's name says that this user's own
            // process wrote them for this engine version and settings; the key is readable by this user alone,
            // who could run any code anyway.
            #[allow(unsafe_code)]
            unsafe { Component::deserialize(engine, code) }.ok()
        });
        if component.is_none() {
            let _ = fs::remove_file(&path);
        }
        component
    }

    /// Keeps the compiled component. Best effort: a full disk costs time later, not correctness now.
    pub(super) fn keep(&self, engine: &Engine, wasm: &Digest, component: &Component) {
        let Ok(code) = component.serialize() else {
            return;
        };
        let path = self.path(engine, wasm);
        let _ = write_atomically(
            &self.folder,
            &path,
            &[self.mac(&path, &code).as_slice(), &code],
        );
    }

    fn authentic<'a>(&self, path: &Path, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        self.keyed(path, code).verify_slice(mac).ok()?;
        Some(code)
    }

    fn mac(&self, path: &Path, code: &[u8]) -> Vec<u8> {
        self.keyed(path, code).finalize().into_bytes().to_vec()
    }

    fn keyed(&self, path: &Path, code: &[u8]) -> Hmac<Sha256> {
        #[allow(clippy::expect_used)] // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length will do");
        // The name is part of it, so that one file cannot stand in for another.
        mac.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        mac.update(code);
        mac
    }

    fn path(&self, engine: &Engine, wasm: &Digest) -> PathBuf {
        let mut settings = Fingerprint(Vec::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        settings
            .0
            .extend_from_slice(std::env::consts::ARCH.as_bytes());
        settings
            .0
            .extend_from_slice(std::env::consts::OS.as_bytes());
        settings.0.extend_from_slice(wasm.hex().as_bytes());
        self.folder
            .join(format!("{}.bin", Digest::of(&settings.0).hex()))
    }
}

/// Collects what is hashed instead of hashing it, so that the name rests on SHA-256 and not on a 64-bit hash.
struct Fingerprint(Vec<u8>);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn read_or_make_key(path: &Path) -> std::io::Result<[u8; KEY_BYTES]> {
    if let Ok(bytes) = read_regular(path)
        && let Ok(key) = bytes.try_into()
    {
        return Ok(key);
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(std::io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    write_atomically(folder, path, &[&key])?;
    // Two processes may both have made one: the one that stands counts.
    read_regular(path)?
        .try_into()
        .map_err(|_| std::io::Error::other("the key was changed while it was made"))
}

/// Reads a file that is a plain file, this user's, and closed to others.
fn read_regular(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Neither through a link nor, for whoever writes into it, at a pipe.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    let mut file = options.open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(std::io::Error::other("not a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if meta.mode() & 0o077 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::other("open to other users"));
        }
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Temporary file (0600), rename. No sync: a torn file fails its MAC and is compiled again.
fn write_atomically(folder: &Path, path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.persist(path)?;
    Ok(())
}

/// Makes the folder, for this user alone; one that is a link or another user's is refused.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)?;
    let meta = fs::symlink_metadata(path)?;
    if !meta.is_dir() {
        return Err(std::io::Error::other("not a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::other("another user's folder"));
        }
        if meta.mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached() -> (tempfile::TempDir, CompiledCache, Engine, Digest, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let cache = CompiledCache::open(root.path()).unwrap();
        let engine = Engine::default();
        let wasm = b"\0asm\x0d\0\x01\0";
        let digest = Digest::of(wasm);
        let component = Component::from_binary(&engine, wasm).unwrap();
        cache.keep(&engine, &digest, &component);
        let path = cache.path(&engine, &digest);
        (root, cache, engine, digest, path)
    }

    #[test]
    fn what_was_kept_is_found() {
        let (_root, cache, engine, digest, _) = cached();
        assert!(cache.load(&engine, &digest).is_some());
    }

    #[test]
    fn changed_short_and_swapped_files_are_deleted() {
        type Spoil = fn(Vec<u8>) -> Vec<u8>;
        let spoils: [Spoil; 4] = [
            |mut b| {
                let last = b.len() - 1;
                b[last] ^= 1;
                b
            },
            |mut b| {
                b[0] ^= 1;
                b
            },
            |b| b[..20].to_vec(),
            |_| Vec::new(),
        ];
        for spoil in spoils {
            let (_root, cache, engine, digest, path) = cached();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, spoil(bytes)).unwrap();
            assert!(cache.load(&engine, &digest).is_none());
            assert!(!path.exists());
        }
        let (_root, cache, engine, _, path) = cached();
        let other = Digest::of(b"another component");
        fs::copy(&path, cache.path(&engine, &other)).unwrap();
        assert!(
            cache.load(&engine, &other).is_none(),
            "a good file under another name"
        );
    }

    #[test]
    #[cfg(unix)]
    fn files_open_to_others_and_links_are_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let (_root, cache, engine, digest, path) = cached();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(cache.load(&engine, &digest).is_none());

        let (root, cache, engine, digest, path) = cached();
        let elsewhere = root.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }
}
