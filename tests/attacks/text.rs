//! Text that steers a terminal, turns a line around or hides in it, a kind of character each: from the log, a step, a note,
//! a failure, a question and a file's name.

use super::scene::{clean, is_foul, new, typed, within, world_of};
use crate::{environment::World, guests::guest_of};

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// The words, as a guest's memory has them, at 2048; their place and length, twice, at 2304.
fn words(text: &str) -> String {
    let length = escaped(&(text.len() as u32).to_le_bytes());
    let pair = format!("\\00\\08\\00\\00{length}");
    format!(
        "(data (i32.const 2048) \"{}\")\n(data (i32.const 2304) \"{pair}{pair}\")\n",
        escaped(text.as_bytes())
    )
}

/// In the log, a step and a note.
fn speaks(text: &str) -> Vec<u8> {
    guest_of(
        "speaks",
        &format!(
            "{}(data (i32.const 2624) \"\\00\\00\\00\\00\\00\\09\\00\\00\\01\\00\\00\\00\\00\\09\\00\\00\\01\\00\\00\\00\")\n\
             (func (export \"generate\") (type $call)\n\
             (call $log (i32.const 2) (i32.const 2048) (i32.const {}))\n(i32.const 2624))",
            words(text),
            text.len()
        ),
    )
}

/// As a failure's code, message and subject, from `generate` or `questions`.
fn fails(text: &str, export: &str) -> Vec<u8> {
    let length = escaped(&(text.len() as u32).to_le_bytes());
    let pair = format!("\\00\\08\\00\\00{length}");
    guest_of(
        "fails",
        &format!(
            "{}(data (i32.const 2400) \"\\01\\00\\00\\00{pair}{pair}\\01\\00\\00\\00{pair}\")\n\
             (func (export \"{export}\") (type $call) (i32.const 2400))",
            words(text)
        ),
    )
}

/// As the path of a file.
fn writes(text: &str) -> Vec<u8> {
    guest_of(
        "writes",
        &format!(
            "{}(func (export \"generate\") (type $call)\n\
             (call $write (i32.const 2048) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))\n(i32.const 1024))",
            words(text),
            text.len()
        ),
    )
}

#[track_caller]
fn is_shown_harmless(character: &str) {
    assert!(character.chars().any(is_foul), "{character:?}");
    let text = format!("before{character}after");
    let world = world_of(speaks(&text));
    for more in ["--dry-run", "--json --dry-run", "-v --dry-run", ""] {
        let run = new(&world, more);
        clean(&run);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(shown.contains("before") && shown.contains("after"), "{run}");
        run.succeeded();
    }
    // On a terminal, where the styles of our own are not taken out again.
    let mut command = world.command(&[
        "new",
        "evil/x",
        "other",
        "--registry",
        "evil=registry",
        "--defaults",
    ]);
    command
        .env("CLICOLOR_FORCE", "1")
        .env("TERM", "xterm-256color");
    let run = within(&world, command).succeeded();
    for output in [&run.stdout, &run.stderr] {
        assert!(!output.contains(character), "{output:?}");
    }
    for wasm in [
        fails(&text, "generate"),
        fails(&text, "questions"),
        writes(&text),
    ] {
        let world = world_of(wasm);
        for more in ["", "--json"] {
            let run = new(&world, more);
            clean(&run);
            assert_eq!(run.code, Some(1), "{run}");
        }
    }
    // As words of the user's own, which an error repeats.
    if !text.contains('\0') {
        let world = World::new();
        clean(&world.run(&["new", &text, "shop"]));
        clean(&world.run(&["-C", &text, "status"]));
        world.write(
            "shop/scaffold.lock",
            format!(
                "version = 1\nproject = {}\n",
                serde_json::to_string(&text).unwrap()
            ),
        );
        clean(&typed(&world, "-C shop status"));
    }
}

macro_rules! harmless {
    ($($name:ident: $text:expr;)*) => { $(#[test] fn $name() { is_shown_harmless($text); })* };
}

harmless! {
    esc_clears_the_screen: "\u{1b}[2J";
    osc_8_hides_a_link: "\u{1b}]8;;https://example.org\u{1b}\\";
    osc_52_fills_the_clipboard: "\u{1b}]52;c;ZXZpbA==\u{7}";
    osc_0_sets_the_title: "\u{1b}]0;sudo\u{7}";
    dcs_reports_back: "\u{1b}P$q\"p\u{1b}\\";
    c1_csi: "\u{9b}2J";
    c1_osc: "\u{9d}0;x\u{9c}";
    carriage_return: "\r";
    backspace: "\u{8}\u{8}";
    bell: "\u{7}";
    vertical_tab_and_form_feed: "\u{b}\u{c}";
    delete: "\u{7f}";
    nul: "\0";
    shift_out: "\u{e}";
    bidi_override: "\u{202e}";
    bidi_isolate: "\u{2066}";
    bidi_mark: "\u{200f}";
    arabic_letter_mark: "\u{61c}";
    zero_width_space: "\u{200b}";
    zero_width_joiner: "\u{200d}";
    word_joiner: "\u{2060}";
    byte_order_mark: "\u{feff}";
    soft_hyphen: "\u{ad}";
    hangul_filler: "\u{3164}";
    line_separator: "\u{2028}";
    interlinear_annotation: "\u{fff9}";
    tag_characters: "\u{e0041}";
}
