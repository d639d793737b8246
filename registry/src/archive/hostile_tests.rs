//! Archives built byte by byte, each breaking one rule.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::*;

/// A ustar header, and bytes to put after it.
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

    fn folder(path: &str) -> Self {
        Self::new(path, b"").with(156, b"5").with(100, b"0000755\0")
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
        self.unsummed()
    }

    fn unsummed(self) -> Vec<u8> {
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

fn archive(entries: Vec<Raw>) -> Vec<u8> {
    gzip(&tar(entries))
}

fn refusal(entry: Raw) -> EntryReason {
    match read(&archive(vec![entry])) {
        Err(ArchiveError::Entry { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_archive_of_another_writer_is_read() {
    let entries = vec![
        Raw::folder("bin/"),
        Raw::new("bin/a", b"x").with(100, b"0000755 "),
        Raw::new("c", b""),
    ];
    let files = read(&archive(entries)).unwrap();
    assert_eq!(files.len(), 2);
    assert!(files["bin/a"].executable);
    // A prefix is a part of the path, wherever it was cut.
    let files = read(&archive(vec![Raw::new("c", b"x").with(345, b"a/b")])).unwrap();
    assert!(files.contains_key("a/b/c"));
}

#[test]
fn links_devices_and_pipes_are_refused() {
    let typed = |flag: &[u8]| refusal(Raw::new("a", b"").with(156, flag).with(157, b"/etc/passwd"));
    assert_eq!(typed(b"1"), EntryReason::HardLink);
    assert_eq!(typed(b"2"), EntryReason::Symlink);
    assert_eq!(typed(b"3"), EntryReason::Device);
    assert_eq!(typed(b"4"), EntryReason::Device);
    assert_eq!(typed(b"6"), EntryReason::Pipe);
    assert_eq!(typed(b"7"), EntryReason::Type);
    assert_eq!(typed(b"\0"), EntryReason::Type);
    assert_eq!(typed(b"0"), EntryReason::LinkTarget);
}

#[test]
fn extension_headers_are_refused() {
    assert_eq!(
        refusal(Raw::new("pax", b"19 path=../../../x\n").with(156, b"x")),
        EntryReason::Pax
    );
    assert_eq!(
        refusal(Raw::new("pax", b"").with(156, b"g")),
        EntryReason::Pax
    );
    assert_eq!(
        refusal(Raw::new("././@LongLink", b"../x\0").with(156, b"L")),
        EntryReason::Gnu
    );
    assert_eq!(
        refusal(Raw::new("././@LongLink", b"x\0").with(156, b"K")),
        EntryReason::Gnu
    );
    assert_eq!(
        refusal(Raw::new("sparse", b"").with(156, b"S")),
        EntryReason::Gnu
    );
    assert_eq!(
        refusal(Raw::new("a", b"").with(257, b"ustar  \0")),
        EntryReason::NotUstar
    );
    assert_eq!(
        refusal(Raw::new("a", b"").with(257, b"\0\0\0\0\0\0\0\0")),
        EntryReason::NotUstar
    );
}

#[test]
fn headers_say_nothing_else() {
    let with = |at, bytes: &[u8]| refusal(Raw::new("a", b"").with(at, bytes));
    for mode in [&b"0004755\0"[..], b"0000777\0", b"0000600\0", b"0000000\0"] {
        assert_eq!(with(100, mode), EntryReason::Mode);
    }
    assert_eq!(with(108, b"0001750\0"), EntryReason::Owner);
    assert_eq!(with(116, b"0001750\0"), EntryReason::Owner);
    assert_eq!(with(265, b"root"), EntryReason::Owner);
    assert_eq!(with(297, b"root"), EntryReason::Owner);
    assert_eq!(with(136, b"14000000000\0"), EntryReason::Time);
    assert_eq!(with(329, b"0000001\0"), EntryReason::NotZero);
    assert_eq!(with(500, b"x"), EntryReason::NotZero);
    assert_eq!(with(5, b"hidden"), EntryReason::NotZero);
    assert_eq!(with(350, b"hidden"), EntryReason::NotZero);
    assert_eq!(with(0, b"\xff"), EntryReason::NotUtf8);
    assert_eq!(
        refusal(Raw::folder("a/").with(100, b"0000644\0")),
        EntryReason::Mode
    );
    assert_eq!(
        refusal(Raw::folder("a/").with(124, b"00000000010\0")),
        EntryReason::FolderSize
    );
    assert_eq!(refusal(Raw::folder("a")), EntryReason::Slash);
    assert_eq!(refusal(Raw::new("a/", b"")), EntryReason::Slash);
    let damaged = [
        Raw::new("a", b"").with(148, b"0000001\0").unsummed(),
        vec![0; 1024],
    ]
    .concat();
    assert!(matches!(
        read(&gzip(&damaged)),
        Err(ArchiveError::Entry {
            reason: EntryReason::Checksum,
            ..
        })
    ));
}

#[test]
fn numbers_are_plain_octal() {
    for size in [
        &b"\x80\0\0\0\0\0\0\0\0\0\0\x01"[..],
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"-0000000001\0",
        b"0x000000001\0",
        b"           \0",
        b"000000000000",
        b"0000000 001\0",
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(
            refusal(Raw::new("a", b"").with(124, size)),
            EntryReason::Number,
            "{size:?}"
        );
    }
}

#[test]
fn paths_obey_the_rule_and_the_order() {
    for path in [
        "../x",
        "/x",
        "a//b",
        ".",
        "C:x",
        "a\\b",
        "CON",
        ".git/x",
        "a\x1b",
        "~/x",
        "cafe\u{301}",
    ] {
        assert!(
            matches!(
                read(&archive(vec![Raw::new(path, b"")])),
                Err(ArchiveError::Path(_))
            ),
            "{path:?}"
        );
    }
    assert!(matches!(
        read(&archive(vec![Raw::new("", b"")])),
        Err(ArchiveError::Path(_))
    ));
    assert!(matches!(
        read(&archive(vec![Raw::new("x", b"").with(345, b"..")])),
        Err(ArchiveError::Path(_))
    ));
    assert!(matches!(
        read(&archive(vec![Raw::new("x", b"").with(345, b"a/")])),
        Err(ArchiveError::Path(_))
    ));

    let order = |one: Raw, other: Raw| read(&archive(vec![one, other])).unwrap_err();
    let is_order = |error| {
        matches!(
            error,
            ArchiveError::Entry {
                reason: EntryReason::Order,
                ..
            }
        )
    };
    assert!(is_order(order(Raw::new("b", b""), Raw::new("a", b""))));
    assert!(is_order(order(Raw::new("a", b"1"), Raw::new("a", b"2"))));
    assert!(is_order(order(Raw::folder("a/"), Raw::folder("a/"))));
    assert!(matches!(
        order(Raw::new("README", b""), Raw::new("readme", b"")),
        ArchiveError::Twins { .. }
    ));
    assert!(matches!(
        order(Raw::new("A/x", b""), Raw::new("a/y", b"")),
        ArchiveError::Twins { .. }
    ));
    assert!(matches!(
        order(Raw::new("a", b""), Raw::new("a/y", b"")),
        ArchiveError::FileAndFolder { .. }
    ));
    assert!(matches!(
        order(Raw::new("a", b""), Raw::folder("a/")),
        ArchiveError::FileAndFolder { .. }
    ));
}

#[test]
fn lengths_that_lie_are_noticed() {
    // Longer than what follows.
    let long = Raw::new("a", b"x").with(124, b"00000002000\0");
    assert!(matches!(
        read(&archive(vec![long])),
        Err(ArchiveError::Truncated)
    ));
    // Longer than anything may be: refused before a byte of it is set aside.
    let huge = Raw::new("a", b"x").with(124, b"77777777777\0");
    assert!(matches!(
        read(&archive(vec![huge])),
        Err(ArchiveError::Ratio)
    ));
    // Shorter: what is left would be padding.
    let short = Raw::new("a", b"xyz").with(124, b"00000000001\0");
    assert_eq!(refusal(short), EntryReason::NotZero);
    // Swallowing the end: the zero blocks become the file.
    let swallow = Raw::new("a", b"").with(124, b"00000002000\0");
    assert!(matches!(
        read(&archive(vec![swallow])),
        Err(ArchiveError::Truncated)
    ));
}

#[test]
fn nothing_follows_the_end() {
    let plain = tar(vec![Raw::new("a", b"x")]);
    assert!(read(&gzip(&plain)).is_ok());
    let tar_goes_on = |more: &[u8]| read(&gzip(&[&plain, more].concat())).unwrap_err();
    assert!(matches!(
        tar_goes_on(&[0]),
        ArchiveError::Trailing { what: "the tar" }
    ));
    assert!(matches!(
        tar_goes_on(&[0; 512]),
        ArchiveError::Trailing { .. }
    ));
    assert!(matches!(tar_goes_on(b"x"), ArchiveError::Trailing { .. }));
    let one_zero_block = [&plain[..1024], &[0; 512], &[7; 512]].concat();
    assert!(matches!(
        read(&gzip(&one_zero_block)),
        Err(ArchiveError::Trailing { .. })
    ));
    for cut in [0, 100, 512, 600, 1024, 1500, 1536, 2047] {
        assert!(
            matches!(read(&gzip(&plain[..cut])), Err(ArchiveError::Truncated)),
            "{cut}"
        );
    }
}

#[test]
fn gzip_is_one_plain_member() {
    let plain = tar(vec![Raw::new("a", b"x")]);
    let good = gzip(&plain);
    let trailing = |more: &[u8]| read(&[&good, more].concat()).unwrap_err();
    assert!(matches!(
        trailing(&good),
        ArchiveError::Trailing {
            what: "the gzip member"
        }
    ));
    assert!(matches!(
        trailing(&[0]),
        ArchiveError::Trailing {
            what: "the gzip member"
        }
    ));
    // Two members that are an archive only together.
    let halves = [gzip(&plain[..512]), gzip(&plain[512..])].concat();
    assert!(matches!(read(&halves), Err(ArchiveError::Truncated)));
    for cut in 0..good.len() {
        assert!(read(&good[..cut]).is_err(), "{cut}");
    }

    let built = |builder: GzBuilder| {
        let mut gzip = builder.write(Vec::new(), Compression::fast());
        gzip.write_all(&plain).unwrap();
        read(&gzip.finish().unwrap()).unwrap_err()
    };
    for builder in [
        GzBuilder::new().filename("x"),
        GzBuilder::new().comment("x"),
        GzBuilder::new().extra("x"),
        GzBuilder::new().mtime(1),
    ] {
        assert!(matches!(built(builder), ArchiveError::Gzip { .. }));
    }
    let mut wrong_sum = good.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    assert!(matches!(read(&wrong_sum), Err(ArchiveError::Gzip { .. })));
    let mut wrong_length = good;
    *wrong_length.last_mut().unwrap() ^= 1;
    assert!(matches!(
        read(&wrong_length),
        Err(ArchiveError::Gzip { .. })
    ));
    assert!(matches!(read(&plain), Err(ArchiveError::Gzip { .. })));
    assert!(matches!(read(b""), Err(ArchiveError::Gzip { .. })));
}

#[test]
fn bombs_are_refused_early() {
    let zeros = vec![0; 40 << 20];
    let bomb = archive(vec![Raw::new("zeros", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(read(&bomb), Err(ArchiveError::Ratio)));
    // Without any tar in it at all.
    let mut no_tar = vec![b'x'; 4 << 20];
    no_tar[..512].copy_from_slice(&Raw::new("a", b"").bytes());
    assert!(read(&gzip(&no_tar)).is_err());
    // A great many empty entries, below every other limit.
    let mut many = Vec::new();
    for number in 0..=ENTRIES {
        many.extend(Raw::new(&format!("{number:06}"), &number.to_le_bytes()).bytes());
    }
    many.extend([0; 1024]);
    let many = gzip(&many);
    assert!(matches!(
        read(&many),
        Err(ArchiveError::TooMany | ArchiveError::Ratio)
    ));
    assert!(matches!(
        read(&vec![0x1f; PACKED_BYTES as usize + 1]),
        Err(ArchiveError::TooLong)
    ));
}
