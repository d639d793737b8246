//! A stranger's README as HTML that can do nothing.
//!
//! Markdown alone is read: HTML in it becomes text, pictures become what they are said to show, and what is nested
//! too deep is left out. What comes of that is then taken apart and put together again from a short list of elements.

use std::collections::{HashMap, HashSet};

use ammonia::UrlRelative;
use maud::PreEscaped;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::plain;

/// Most bytes of a README that are shown.
const README_BYTES: usize = 128 * 1024;
/// How deep its parts may be nested.
const DEPTH: usize = 24;
/// All elements there are in a README.
const ELEMENTS: [&str; 27] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The HTML of a README.
pub(super) fn html(text: &str) -> PreEscaped<String> {
    let mut end = text.len().min(README_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = plain(&text[..end]);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, tame(Parser::new_ext(&text, options)));
    PreEscaped(
        ammonia::Builder::empty()
            .tags(HashSet::from(ELEMENTS))
            .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
            .url_schemes(HashSet::from(["https", "http", "mailto"]))
            // There is nothing on this server that a README could mean.
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("nofollow noopener noreferrer"))
            .clean(&html)
            .to_string(),
    )
}

/// Without HTML, pictures and depth.
fn tame<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    // How many elements are open, and how many of them too deep to be shown.
    let (mut open, mut hidden) = (0_usize, 0_usize);
    events.filter_map(move |event| {
        let event = match event {
            Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock)
            | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => return None,
            event => event,
        };
        match event {
            Event::Start(_) if open - hidden >= DEPTH => {
                open += 1;
                hidden += 1;
                None
            }
            Event::Start(_) => {
                open += 1;
                Some(event)
            }
            Event::End(_) => {
                open -= 1;
                let is_hidden = hidden > 0;
                hidden = hidden.saturating_sub(1);
                (!is_hidden).then_some(event)
            }
            event => Some(event),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_shown() {
        let text = "# Title\n\nA *fine* [thing](https://example.org/a?b=c&d).\n\n```sh\nls <x>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let html = html(text).0;
        for part in [
            "<h1>Title</h1>",
            "<em>fine</em>",
            "href=\"https://example.org/a?b=c&amp;d\"",
            "rel=\"nofollow noopener noreferrer\"",
            "ls &lt;x&gt;",
            "<td>2</td>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn nothing_in_it_can_run_load_or_lead_astray() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<iframe src=https://example.org></iframe>",
            "<style>*{display:none}</style>",
            "<form action=https://example.org><input name=q></form>",
            "<base href=https://example.org>",
            "<meta http-equiv=refresh content=0>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "[x](vbscript:x)",
            "[x](/api/v1/me)",
            "[x](//example.org)",
            "[x](https://example.org \"onmouseover=alert(1)\")",
            "![x](https://example.org/pixel.png)",
            "![x\" onerror=\"alert(1)](y)",
            "<https://example.org/\"onclick=\"alert(1)>",
            "```\"><script>\nx\n```",
            "<!-- --><script>alert(1)</script>",
            "<![CDATA[<script>alert(1)</script>]]>",
            "<div\n\n<script>alert(1)</script>\n\n</div>",
        ] {
            let html = html(attack).0;
            let tags: Vec<&str> = html.split('<').skip(1).collect();
            for tag in tags {
                let tag = tag.split('>').next().unwrap_or_default();
                let name = tag
                    .trim_start_matches('/')
                    .split([' ', '>'])
                    .next()
                    .unwrap_or_default();
                assert!(ELEMENTS.contains(&name), "{attack}: {html}");
                let rest = &tag[tag.find(' ').unwrap_or(tag.len())..];
                let is_plain = rest.is_empty() || name == "a";
                assert!(is_plain, "{attack}: {html}");
                assert!(
                    !rest.contains("on") || rest.contains("noopener"),
                    "{attack}: {html}"
                );
                for scheme in ["javascript:", "data:", "vbscript:", "href=\"/"] {
                    assert!(!rest.to_lowercase().contains(scheme), "{attack}: {html}");
                }
            }
        }
    }

    #[test]
    fn what_hides_text_is_shown() {
        let html = html("a\u{202e}b\u{200b}c\u{1b}[31m").0;
        assert_eq!(html, "<p>a\u{fffd}b\u{fffd}c\u{fffd}[31m</p>\n");
    }

    #[test]
    fn length_and_depth_cost_little() {
        let start = std::time::Instant::now();
        for bomb in [
            ">".repeat(1_000_000),
            "* ".repeat(300_000),
            "[".repeat(1_000_000),
            "*a **b ".repeat(200_000),
            "|".repeat(1_000_000),
            "<".repeat(1_000_000),
            "é".repeat(1_000_000),
            "![".repeat(500_000),
            "`".repeat(1_000_000),
        ] {
            let html = html(&bomb).0;
            assert!(html.len() < 32 * README_BYTES, "{}", html.len());
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
