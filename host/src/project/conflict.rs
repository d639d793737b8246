//! A file that git left with conflict markers.

/// The first line with a marker, counted from 1.
pub fn marker(text: &str) -> Option<usize> {
    let markers = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
    let mut lines = text.lines();
    let line = lines.position(|line| markers.iter().any(|m| line.starts_with(m)))?;
    Some(line + 1)
}

/// The two versions of a text with git's conflict markers, with or without the common one between them.
pub fn sides(text: &str) -> [String; 2] {
    let (mut ours, mut theirs) = (String::new(), String::new());
    // Which side the lines belong to: both, ours, the common ancestor's, theirs.
    let mut at = (true, true);
    for line in text.split_inclusive('\n') {
        let marker = line.trim_end();
        match marker.split(' ').next() {
            Some("<<<<<<<") => at = (true, false),
            Some("|||||||") => at = (false, false),
            Some("=======") if at != (true, true) => at = (false, true),
            Some(">>>>>>>") => at = (true, true),
            _ => {
                if at.0 {
                    ours.push_str(line);
                }
                if at.1 {
                    theirs.push_str(line);
                }
            }
        }
    }
    [ours, theirs]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_is_whole() {
        for text in [
            "a\n<<<<<<< HEAD\nb\n=======\nc\nd\n>>>>>>> other\ne\n",
            "a\n<<<<<<< HEAD\nb\n||||||| base\nx\n=======\nc\nd\n>>>>>>> other\ne\n",
            "a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\nc\r\nd\r\n>>>>>>> other\r\ne\r\n",
        ] {
            let sides = sides(text).map(|side| side.replace('\r', ""));
            assert_eq!(sides, ["a\nb\ne\n", "a\nc\nd\ne\n"]);
        }
        assert_eq!(sides("a\n=======\nb"), ["a\n=======\nb", "a\n=======\nb"]);
    }
}
