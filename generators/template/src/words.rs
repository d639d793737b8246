//! Names in their spellings: `my-shop`, `my_shop`, `MyShop`, `myShop`, `My Shop`.

/// The words of a name: split where letters and digits end, and where a capital starts a word in `MyShop`.
fn words(text: &str) -> Vec<String> {
    let folded: Vec<char> = text.chars().flat_map(fold).collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &c) in folded.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = at.checked_sub(1).map(|at| folded[at]);
        let after = folded.get(at + 1);
        // `myShop` splits before S; `HTMLPage` before P, the capital that a small letter follows.
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        word.push(c);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Latin letters with marks lose them, so that `Café` gives `cafe`; an apostrophe joins rather than splits.
fn fold(c: char) -> impl Iterator<Item = char> {
    let plain = match c {
        '\'' | '’' => "",
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'Ð' | 'Ď' | 'Đ' => "D",
        'ð' | 'ď' | 'đ' => "d",
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'Ğ' => "G",
        'ğ' => "g",
        'Ì'..='Ï' | 'Ī' | 'İ' => "I",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'Ł' | 'Ľ' => "L",
        'ł' | 'ľ' => "l",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'Ť' | 'Ț' => "T",
        'ť' | 'ț' => "t",
        'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        _ => return Folded::One(Some(c)),
    };
    Folded::Many(plain.chars())
}

enum Folded {
    One(Option<char>),
    Many(std::str::Chars<'static>),
}

impl Iterator for Folded {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Folded::One(c) => c.take(),
            Folded::Many(chars) => chars.next(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

fn lower(text: &str) -> Vec<String> {
    words(text).iter().map(|word| word.to_lowercase()).collect()
}

pub(crate) fn kebab(text: &str) -> String {
    lower(text).join("-")
}

pub(crate) fn snake(text: &str) -> String {
    lower(text).join("_")
}

pub(crate) fn pascal(text: &str) -> String {
    lower(text).iter().map(|word| capital(word)).collect()
}

pub(crate) fn camel(text: &str) -> String {
    let pascal = pascal(text);
    let mut chars = pascal.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

/// What stands in an address: as [`kebab`], but `MyShop` is one word.
pub(crate) fn slug(text: &str) -> String {
    kebab(&text.to_lowercase())
}

/// Each word with a capital; `-` and `_` are spaces, anything else stays.
pub(crate) fn title(text: &str) -> String {
    text.split(['-', '_', ' '])
        .filter(|word| !word.is_empty())
        .map(capital)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A valid Python name, also where the text starts with a digit or is a word of the language.
pub(crate) fn module(text: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
        "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
        "yield",
    ];
    let name = snake(text);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else if KEYWORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// A double-quoted string literal, the same in Python, TOML, JSON, YAML and JavaScript.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for name in [
            "my-shop",
            "my_shop",
            "MyShop",
            "my.shop",
            "My Shop",
            "  my--shop ",
        ] {
            assert_eq!(kebab(name), "my-shop", "{name}");
            assert_eq!(snake(name), "my_shop", "{name}");
            assert_eq!(pascal(name), "MyShop", "{name}");
            assert_eq!(camel(name), "myShop", "{name}");
        }
        assert_eq!(kebab("HTMLPage2Go"), "html-page2-go");
        assert_eq!(slug("Café MyShop"), "cafe-myshop");
        assert_eq!(slug("Joe's"), "joes");
        assert_eq!(title("my-API_gateway"), "My API Gateway");
    }

    #[test]
    fn modules_are_python_names() {
        assert_eq!(module("my-shop"), "my_shop");
        assert_eq!(module("2go"), "_2go");
        assert_eq!(module("class"), "class_");
    }

    #[test]
    fn quoting() {
        assert_eq!(quote("a\"b\\\n\u{1}é"), "\"a\\\"b\\\\\\n\\u0001é\"");
    }
}
