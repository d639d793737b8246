//! Any edit of any file. What holds for those that were made up (`properties.rs`) holds for these.

use super::{Side, data, insert, lines, python};

/// The first byte is the edit; the file, what it brings, and where to, follow with 0xff between them, which is in no text.
pub(crate) fn edits(bytes: &[u8]) {
    let Some((&edit, rest)) = bytes.split_first() else {
        return;
    };
    let mut parts = rest
        .splitn(3, |byte| *byte == 0xff)
        .map(std::str::from_utf8);
    let mut part = || parts.next().unwrap_or(Ok("")).ok();
    let (Some(source), Some(new), Some(place)) = (part(), part(), part()) else {
        return;
    };
    // As the files come to the edits.
    let source = source.replace("\r\n", "\n");
    let news = [new.to_owned()];
    let flag = edit & 0x80 != 0;
    let side = if flag { Side::After } else { Side::Before };
    let one = |source: &str| match edit % 8 {
        0 => data::toml(source, new, flag),
        1 => data::json(source, new, flag),
        2 => data::yaml(source, new, flag),
        3 => python::list(source, place, &news, None),
        4 => python::import(source, &news, &|root| root == place),
        5 => python::append(source, new),
        6 => lines::add(source, &news, flag.then_some(place)),
        _ => insert::add(source, side, place, new, &[]),
    };
    let Ok(once) = one(&source) else {
        return;
    };
    // That it can be done again is also the proof that what came out can be read.
    match one(&once) {
        Ok(twice) => assert_eq!(twice, once, "twice is not once"),
        Err(problem) => panic!("cannot be done twice: {problem}\n{once}"),
    }
}
