use super::Manifest;

fn error(text: &str) -> String {
    Manifest::parse(text).unwrap_err().to_string()
}

#[test]
fn tables_of_the_host_are_left_to_it() {
    let text = "[package]\nname = \"a/b\"\nversion = \"1.0.0\"\nengine = \"scaffold/template@^1\"\n[requires]\n\"x/y\" = \"^1\"\n[[reads]]\npattern = \"**\"\nreason = \"r\"\n[[migrations]]\nversion = \"1.0.0\"\n";
    let manifest = Manifest::parse(text).unwrap();
    assert_eq!(
        (manifest.name.as_str(), manifest.settings.root.as_str()),
        ("a/b", "template")
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, wanted) in [
        ("a = ", "scaffold.toml:1: This is not TOML: "),
        (
            "\n[[question]]\n",
            "scaffold.toml:2: `question` is unknown in the manifest. Did you mean `questions`?",
        ),
        (
            "[questions]\nname = \"a\"\n",
            "scaffold.toml:1: `questions` is a list of tables",
        ),
        (
            "\n[[questions]]\nprompt = \"?\"\n",
            "scaffold.toml:2: `name` is missing in a question.",
        ),
        (
            "[[questions]]\nname = \"a\"\n\ntyp = \"flag\"\n",
            "scaffold.toml:4: `typ` is unknown in a question. Did you mean `type`?",
        ),
        (
            "[[questions]]\nname = \"A b\"\n",
            "scaffold.toml:2: `A b` is no name",
        ),
        (
            "[[questions]]\nname = \"project-name\"\n",
            "means something else already",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\ntype = \"bool\"\n",
            "scaffold.toml:4: `bool` is not a type",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\ntype = \"one-of\"\n",
            "needs `choices`",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\nchoices = [\"x\"]\n",
            "`choices` are for questions",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\nmin = 1\n",
            "`min` is for questions of the type `integer`",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\npattern = \"(\"\n",
            "scaffold.toml:4: This is not a pattern: ",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\ntype = \"flag\"\ndefault = 1\n",
            "scaffold.toml:5: The default of this type of question is true or false.",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\ncomputed = true\n",
            "needs a `default` to compute",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\n[[questions]]\nname = \"a\"\nprompt = \"?\"\n",
            "scaffold.toml:4: There is a question `a` already, in line 1.",
        ),
        (
            "[[questions]]\nname = \"a\"\nprompt = \"?\"\ntype = \"any-of\"\nchoices = [\"x\", \"x\"]\n",
            "the choice `x` is there twice",
        ),
        (
            "[[files]]\nmatch = \"x\"\neach = \"apps\"\n",
            "scaffold.toml:3: `each` is a name and a list",
        ),
        (
            "[[files]]\nmatch = 1\n",
            "scaffold.toml:2: `match` takes a string, not integer.",
        ),
        (
            "[[edits]]\nfile = \"a\"\nop = \"yml\"\n",
            "scaffold.toml:3: `yml` is not an edit. Did you mean `yaml`?",
        ),
        (
            "[[edits]]\nfile = \"a\"\nop = \"lines\"\nlines = []\nitems = []\n",
            "scaffold.toml:5: The edit `lines` has no `items`; it takes",
        ),
        (
            "[[edits]]\nfile = \"a\"\nop = \"insert\"\ntext = \"x\"\n",
            "scaffold.toml:1: `insert` needs a place",
        ),
        (
            "[[edits]]\nfile = \"a\"\nop = \"insert\"\ntext = \"x\"\nafter = \"a\"\nbefore = \"b\"\n",
            "scaffold.toml:6: Give `after` or `before`",
        ),
        (
            "[template]\ndelimiters = { block = [\"<%\"] }\n",
            "`block` takes two strings",
        ),
        ("[[steps]]\nwhy = \"x\"\n", "`command` is missing in a step"),
    ] {
        let error = error(text);
        assert!(
            error.to_lowercase().contains(&wanted.to_lowercase()),
            "{text:?}\n  gives {error}\n  wants {wanted}"
        );
    }
}

#[test]
fn inline_tables_will_do_too() {
    let manifest = Manifest::parse("questions = [{ name = \"a\", prompt = \"?\" }]\n").unwrap();
    assert_eq!(manifest.questions.len(), 1);
}

#[test]
fn a_text_knows_its_first_line() {
    let manifest =
        Manifest::parse("[[notes]]\ntext = '''\nfirst'''\n\n[[notes]]\ntext = \"x\"\n").unwrap();
    assert_eq!(
        (manifest.notes[0].text.line, manifest.notes[1].text.line),
        (3, 6)
    );
}
