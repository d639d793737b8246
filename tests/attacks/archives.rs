//! Archives that a registry serves under their right digest, each with one thing in it that no package may have.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::scene::{came_to_nothing, manifest, new, serve, world_of};
use crate::guests::guest;

/// A ustar header, and bytes to put after it.
#[derive(Clone)]
struct Raw {
    header: [u8; 512],
    body: Vec<u8>,
}

impl Raw {
    fn new(path: &str, body: &[u8]) -> Self {
        let mut raw = Self {
            header: [0; 512],
            body: body.to_vec(),
        };
        raw.put(0, path.as_bytes());
        raw.put(100, b"0000644\0");
        raw.put(108, b"0000000\0");
        raw.put(116, b"0000000\0");
        raw.put(124, format!("{:011o}\0", body.len()).as_bytes());
        raw.put(136, b"00000000000\0");
        raw.put(156, b"0");
        raw.put(257, b"ustar\x0000");
        raw.body.resize(body.len().next_multiple_of(512), 0);
        raw
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    /// With a right checksum.
    fn bytes(mut self) -> Vec<u8> {
        self.put(148, b"        ");
        let sum: u32 = self.header.iter().map(|&byte| u32::from(byte)).sum();
        self.put(148, format!("{sum:06o}\0 ").as_bytes());
        [self.header.to_vec(), self.body].concat()
    }
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    gzip.write_all(tar).unwrap();
    gzip.finish().unwrap()
}

fn tar(entries: Vec<Raw>) -> Vec<u8> {
    let mut tar: Vec<u8> = entries.into_iter().flat_map(Raw::bytes).collect();
    tar.extend([0; 1024]);
    tar
}

/// What every package needs, around which the rest is sorted.
fn needed(manifest: &str, wasm: &[u8]) -> [Raw; 2] {
    [
        Raw::new("generator.wasm", wasm),
        Raw::new("scaffold.toml", manifest.as_bytes()),
    ]
}

/// A whole package with that manifest, whatever it says.
pub fn package(manifest: &str) -> Vec<u8> {
    package_of(manifest, &guest("writes-where-it-is-told"))
}

/// The same with that component.
pub fn package_of(manifest: &str, wasm: &[u8]) -> Vec<u8> {
    gzip(&tar(needed(manifest, wasm).into()))
}

/// The tar of a package that is fine but for these entries, which sort behind everything else.
fn with(more: Vec<Raw>) -> Vec<u8> {
    let mut entries = needed(&manifest(""), &guest("writes-where-it-is-told")).to_vec();
    entries.extend(more);
    tar(entries)
}

/// One of each kind of these, for whoever else has to refuse them, and why they do.
pub fn hostile() -> Vec<(Vec<u8>, &'static str)> {
    let entry = |entry| gzip(&with(vec![entry]));
    vec![
        (
            entry(z(b"").with(156, b"2").with(157, b"/etc/passwd")),
            "it is a symbolic link",
        ),
        (entry(z(b"").with(156, b"3")), "it is a device"),
        (entry(z(b"").with(100, b"0004755\0")), "its mode is neither"),
        (entry(Raw::new("z/../../x", b"")), "the path"),
        (entry(Raw::new("z/.git/config", b"")), "the path"),
        (entry(Raw::new("z\u{1b}[2J", b"")), "the path"),
        (gzip(&with(vec![z(b"1"), z(b"2")])), "none stands twice"),
        (gzip(&with(vec![z(&vec![0; 40 << 20])])), "unpacks to"),
        (
            [&gzip(&with(vec![]))[..], b"x"].concat(),
            "follows the end of the gzip member",
        ),
        (b"\x1f\x8b".to_vec(), ""),
        (Vec::new(), ""),
    ]
}

/// A registry that serves the archive does not get it into a project, and the error says why.
#[track_caller]
fn refused(archive: &[u8], why: &str) {
    let world = world_of(guest("writes-where-it-is-told"));
    serve(&world, archive);
    let run = new(&world, "");
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains(why), "{why}: {run}");
}

macro_rules! refused_entries {
    ($($name:ident: $entry:expr, $why:expr;)*) => { $(#[test] fn $name() { refused(&gzip(&with(vec![$entry])), $why); })* };
}

fn z(body: &[u8]) -> Raw {
    Raw::new("z", body)
}

refused_entries! {
    a_symlink: z(b"").with(156, b"2").with(157, b"/etc/passwd"), "it is a symbolic link";
    a_symlink_inside: z(b"").with(156, b"2").with(157, b"scaffold.toml"), "it is a symbolic link";
    a_hard_link: z(b"").with(156, b"1").with(157, b"/etc/passwd"), "it is a hard link";
    a_character_device: z(b"").with(156, b"3"), "it is a device";
    a_block_device: z(b"").with(156, b"4"), "it is a device";
    a_pipe: z(b"").with(156, b"6"), "it is a pipe";
    an_unknown_type: z(b"").with(156, b"7"), "its type is none";
    a_file_with_a_link_target: z(b"").with(157, b"/etc/passwd"), "it has a link target";
    a_pax_header: z(b"19 path=../../../x\n").with(156, b"x"), "it is a PAX extension";
    a_global_pax_header: z(b"").with(156, b"g"), "it is a PAX extension";
    a_gnu_long_name: z(b"../x\0").with(156, b"L"), "it is a GNU extension";
    a_gnu_long_link: z(b"x\0").with(156, b"K"), "it is a GNU extension";
    a_sparse_file: z(b"").with(156, b"S"), "it is a GNU extension";
    a_header_of_gnu: z(b"").with(257, b"ustar  \0"), "not a POSIX ustar header";
    a_setuid_bit: z(b"").with(100, b"0004755\0"), "its mode is neither";
    a_file_anybody_may_write: z(b"").with(100, b"0000666\0"), "its mode is neither";
    an_owner: z(b"").with(108, b"0001750\0"), "it has an owner";
    an_owner_by_name: z(b"").with(265, b"root"), "it has an owner";
    a_time: z(b"").with(136, b"14000000000\0"), "it has a time";
    a_size_in_binary: z(b"").with(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x01"), "not plain octal";
    a_size_that_overflows: z(b"").with(124, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "not plain octal";
    a_negative_size: z(b"").with(124, b"-0000000001\0"), "not plain octal";
    bytes_hidden_behind_a_name: z(b"").with(5, b"hidden"), "should be zero";
    bytes_hidden_in_padding: z(b"xyz").with(124, b"00000000001\0"), "should be zero";
    a_name_that_is_no_text: z(b"").with(1, b"\xff"), "not UTF-8";
    an_entry_above: Raw::new("z/../../x", b""), "the path \"";
    an_entry_above_by_its_prefix: z(b"").with(345, b".."), "the path \"";
    an_absolute_entry: Raw::new("/etc/passwd", b""), "the path \"";
    an_entry_with_a_drive: Raw::new("z:x", b""), "the path \"";
    an_entry_of_git_s: Raw::new("z/.git/config", b""), "the path \"";
    an_entry_in_escapes: Raw::new("z\u{1b}[2J", b""), "the path \"";
    an_entry_not_in_nfc: Raw::new("ze\u{301}", b""), "the path \"";
    an_entry_longer_than_what_follows: z(b"x").with(124, b"00000010000\0"), "ends in the middle";
    an_entry_larger_than_anything: z(b"x").with(124, b"77777777777\0"), "unpacks to";
}

#[test]
fn one_entry_twice() {
    refused(&gzip(&with(vec![z(b"1"), z(b"2")])), "none stands twice");
}

#[test]
fn entries_out_of_order() {
    refused(
        &gzip(&with(vec![z(b"1"), Raw::new("y", b"2")])),
        "sorted by path",
    );
}

#[test]
fn case_twins() {
    refused(
        &gzip(&with(vec![
            Raw::new("z/README", b""),
            Raw::new("z/readme", b""),
        ])),
        "ignore case",
    );
}

#[test]
fn a_file_that_is_a_folder() {
    refused(
        &gzip(&with(vec![z(b""), Raw::new("z/a", b"")])),
        "both a file and a folder",
    );
}

#[test]
fn a_header_that_is_damaged() {
    let mut tar = with(vec![z(b"")]);
    let header = tar.len() - 1024 - 512;
    tar[header + 148..header + 155].copy_from_slice(b"0000001");
    refused(&gzip(&tar), "damaged (checksum)");
}

#[test]
fn two_gzip_members() {
    let good = gzip(&with(vec![]));
    refused(
        &[&good[..], &good[..]].concat(),
        "follows the end of the gzip member",
    );
}

#[test]
fn two_members_that_are_an_archive_together() {
    let tar = with(vec![]);
    refused(
        &[gzip(&tar[..1024]), gzip(&tar[1024..])].concat(),
        "ends in the middle",
    );
}

#[test]
fn bytes_after_the_gzip_member() {
    refused(
        &[&gzip(&with(vec![]))[..], b"x"].concat(),
        "follows the end of the gzip member",
    );
}

#[test]
fn bytes_after_the_tar() {
    refused(
        &gzip(&[&with(vec![])[..], b"x"].concat()),
        "follows the end of the tar",
    );
}

#[test]
fn a_gzip_header_with_a_file_name() {
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .filename("../x")
        .write(Vec::new(), Compression::fast());
    gzip.write_all(&with(vec![])).unwrap();
    refused(&gzip.finish().unwrap(), "optional fields");
}

#[test]
fn an_archive_cut_anywhere() {
    let world = world_of(guest("writes-where-it-is-told"));
    let good = gzip(&with(vec![]));
    for length in (0..good.len()).step_by(good.len() / 12) {
        serve(&world, &good[..length]);
        came_to_nothing(&world, &new(&world, ""));
    }
    serve(&world, &good);
    new(&world, "").succeeded();
}

#[test]
fn a_bomb() {
    let bomb = gzip(&with(vec![z(&vec![0; 40 << 20])]));
    assert!(bomb.len() < 1 << 20);
    refused(&bomb, "unpacks to");
}

#[test]
fn a_million_empty_entries() {
    let wasm = guest("writes-where-it-is-told");
    let mut tar: Vec<u8> = needed(&manifest(""), &wasm)
        .into_iter()
        .flat_map(Raw::bytes)
        .collect();
    // As many as fit what may be unpacked at all, ten times what may stand in one.
    for number in 0..100_000u32 {
        tar.extend(z(b"").with(1, format!("{number:06}").as_bytes()).bytes());
    }
    tar.extend([0; 1024]);
    refused(&gzip(&tar), "more than 10000");
}
