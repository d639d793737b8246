//! The cache of compiled components, `compiled/` in the user's cache.
//!
//! Loading machine code runs it, so a file is believed only with a MAC under a key that this user alone can
//! read. Anything off (short, swapped, poisoned, from another version) is deleted and compiled again. Compiled
//! code is never taken from a registry.
//!
//! On Windows nothing but its place keeps the folder from others: it is in the user's own profile.
//!
//! A file is `MAC (32 bytes) | machine code`; its name is the digest of everything the code depends on.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of compiled components"
)]

use std::{
    fs::{self, File},
    hash::{Hash, Hasher},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit, Mac};
use scaffold_registry::Digest;
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use super::code::Code;

const MAC_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

pub(super) struct CompiledCache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
    /// The most bytes of machine code.
    most: usize,
}

impl CompiledCache {
    /// The cache in `root`, made when missing. None where it cannot be made or is not this user's alone: then
    /// everything still works, and compiles each time.
    pub(super) fn open(root: &Path, most: usize) -> Option<Self> {
        let folder = root.join("compiled");
        private_folder(root).ok()?;
        private_folder(&folder).ok()?;
        let key = read_or_make_key(&root.join("compiled.key")).ok()?;
        Some(Self { folder, key, most })
    }

    /// What is cached for the component with this digest, if it can be believed.
    pub(super) fn load(&self, engine: &Engine, wasm: &Digest) -> Option<Component> {
        let path = self.path(engine, wasm);
        let component = self
            .authentic(&path)
            .and_then(|code| code.load(engine).ok());
        match component {
            Some(_) => crate::store::touch(&path),
            None => drop(fs::remove_file(&path)),
        }
        component
    }

    /// Keeps the compiled component. Best effort: a full disk costs time later, not correctness now.
    pub(super) fn keep(&self, engine: &Engine, wasm: &Digest, code: &Code) {
        let path = self.path(engine, wasm);
        let mac = self.mac(&path, code.bytes()).finalize().into_bytes();
        let _ = write_atomically(&self.folder, &path, &[&mac, code.bytes()]);
    }

    /// The code in a file with the right MAC.
    fn authentic(&self, path: &Path) -> Option<Code> {
        let mut file = open_private(path).ok()?;
        let mut mac = [0; MAC_BYTES];
        file.read_exact(&mut mac).ok()?;
        let code = read_all(file, self.most).ok()?;
        self.mac(path, &code).verify_slice(&mac).ok()?;
        Some(Code::vouched(code))
    }

    fn mac(&self, path: &Path, code: &[u8]) -> Hmac<Sha256> {
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
    if let Ok(key) = read_key(path) {
        return Ok(key);
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(std::io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    write_atomically(folder, path, &[&key])?;
    // Two processes may both have made one: the one that stands counts.
    read_key(path)
}

fn read_key(path: &Path) -> std::io::Result<[u8; KEY_BYTES]> {
    let key = read_all(open_private(path)?, KEY_BYTES)?;
    key.try_into()
        .map_err(|_| std::io::Error::other("not as long as a key"))
}

/// Opens a file that is a plain file, this user's, closed to others, and has no other name.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Nor does it wait for somebody to write into a pipe.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    let file = options.open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(std::io::Error::other("not a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let ours = meta.uid() == rustix::process::geteuid().as_raw();
        if !ours || meta.mode() & 0o077 != 0 || meta.nlink() != 1 {
            return Err(std::io::Error::other("open to other users"));
        }
    }
    Ok(file)
}

/// All of a file, if that is no more than so many bytes.
fn read_all(file: File, most: usize) -> std::io::Result<Vec<u8>> {
    let too_long = || std::io::Error::other("too long");
    let size = usize::try_from(file.metadata()?.len()).map_err(|_| too_long())?;
    // Looked at before there is memory for it; a MAC before the code was read already.
    if size > most.saturating_add(MAC_BYTES) {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(size);
    file.take((most as u64).saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(too_long());
    }
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

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
    const MOST: usize = 1024 * 1024;

    fn code(engine: &Engine) -> Code {
        Code::vouched(super::super::compiler::compile(engine, EMPTY).unwrap())
    }

    fn cached() -> (tempfile::TempDir, CompiledCache, Engine, Digest, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let cache = CompiledCache::open(root.path(), MOST).unwrap();
        let engine = Engine::default();
        let digest = Digest::of(EMPTY);
        cache.keep(&engine, &digest, &code(&engine));
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
    fn an_entry_of_other_settings_is_not_found_and_not_taken() {
        let (_root, cache, _, digest, path) = cached();
        let mut config = wasmtime::Config::new();
        let other = Engine::new(config.consume_fuel(true)).unwrap();
        let place = cache.path(&other, &digest);
        assert_ne!(place, path, "settings are part of the name");
        assert!(cache.load(&other, &digest).is_none());
        fs::copy(&path, &place).unwrap();
        assert!(cache.load(&other, &digest).is_none());

        // Even with a good MAC for that very place: wasmtime looks at its version and settings once more.
        let code = code(&Engine::default());
        cache.keep(&other, &digest, &code);
        assert!(cache.load(&other, &digest).is_none());
        assert!(!place.exists());
    }

    #[test]
    fn another_key_vouches_for_nothing() {
        let (_root, cache, engine, digest, path) = cached();
        let (_other_root, _, _, _, other) = cached();
        assert_eq!(path.file_name(), other.file_name());
        fs::copy(other, &path).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }

    #[test]
    fn more_than_may_be_is_not_read() {
        let (root, cache, engine, digest, path) = cached();
        let size = fs::read(&path).unwrap().len() - MAC_BYTES;
        for (most, is_found) in [(size, true), (size - 1, false)] {
            let bounded = CompiledCache::open(root.path(), most).unwrap();
            assert_eq!(bounded.load(&engine, &digest).is_some(), is_found);
        }
        assert!(cache.load(&engine, &digest).is_none(), "it was deleted");
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
