//! Every question of a package is a flag too.
//!
//! Which flags there are is known only once the package is, and the package is an argument. So the command line
//! is read twice: first with the flags that are always there, leaving out the others ([`known`]), then with one
//! argument for each question ([`augment`]), which also makes them part of `--help` and of "did you mean".

use std::{collections::BTreeMap, ffi::OsString};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::question::{Kind, Question};

/// The arguments with every flag left out that the subcommand does not always have, together with what may be its
/// value. `--help` is left out as well if it comes after the subcommand: the second reading answers it.
pub fn known(cli: &Command, args: &[OsString], subcommand: &str) -> Vec<OsString> {
    let mut cli = cli.clone();
    cli.build();
    let Some(sub) = cli.find_subcommand(subcommand) else {
        return args.to_vec();
    };
    let takes_value = |arg: &Arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let long = |name: &str| sub.get_arguments().find(|a| a.get_long() == Some(name));
    let short = |name: char| sub.get_arguments().find(|a| a.get_short() == Some(name));
    let mut kept = Vec::new();
    let mut tokens = args.iter().peekable();
    let mut inside = false;
    while let Some(token) = tokens.next() {
        let text = token.to_string_lossy();
        if !inside {
            inside = text == subcommand;
            kept.push(token.clone());
            continue;
        }
        if text == "--" {
            kept.push(token.clone());
            kept.extend(tokens.by_ref().cloned());
        } else if let Some(rest) = text.strip_prefix("--") {
            let (name, has_value) = rest
                .split_once('=')
                .map_or((rest, false), |(name, _)| (name, true));
            match long(name) {
                Some(_) if name == "help" => {}
                Some(arg) => {
                    kept.push(token.clone());
                    if !has_value && takes_value(arg) {
                        kept.extend(tokens.next().cloned());
                    }
                }
                None if has_value => {}
                // It may have a value or not; a positional lost here is found by the second reading.
                None => drop(tokens.next_if(|next| !next.to_string_lossy().starts_with('-'))),
            }
        } else if text.len() > 1 && text.starts_with('-') {
            let last = text.chars().next_back().and_then(short);
            let first = text.chars().nth(1).and_then(short);
            if text != "-h" {
                kept.push(token.clone());
                let value_follows = match (first, last) {
                    (Some(first), _) if takes_value(first) => text.len() == 2,
                    (_, Some(last)) => takes_value(last),
                    _ => false,
                };
                if value_follows {
                    kept.extend(tokens.next().cloned());
                }
            }
        } else {
            kept.push(token.clone());
        }
    }
    kept
}

/// The questions of one package.
pub struct Asked<'a> {
    /// Heading in `--help`.
    pub package: String,
    pub questions: &'a [Question],
}

/// The subcommand with a flag for every question. A question two packages share is one flag, for both.
pub fn augment(cli: Command, subcommand: &str, asked: &[Asked<'_>]) -> Command {
    let longs = |command: &Command| -> Vec<String> {
        let longs = command.get_arguments().filter_map(Arg::get_long);
        longs.map(str::to_owned).collect()
    };
    // A question may not take the place of a flag that is always there; `--data` answers it.
    let mut taken = longs(&cli);
    taken.extend(["help".to_owned(), "version".to_owned()]);
    cli.mut_subcommand(subcommand, |mut sub| {
        taken.extend(longs(&sub));
        for package in asked {
            for question in package.questions {
                if !taken.contains(&question.name) {
                    taken.push(question.name.clone());
                    sub = sub.arg(flag(question, &package.package));
                }
            }
        }
        sub
    })
}

fn flag(question: &Question, package: &str) -> Arg {
    let mut help = question.prompt.clone();
    let default = question.default.as_ref().map(ToString::to_string);
    if let Some(default) = default.filter(|default| !default.is_empty()) {
        help.push_str(&format!(" [default: {default}]"));
    }
    let arg = Arg::new(id(&question.name))
        .long(question.name.clone())
        .help_heading(format!("Questions of {package}"))
        .help(crate::ui::clean::line(&help))
        .action(ArgAction::Set);
    match &question.kind {
        Kind::Flag => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false"),
        Kind::Integer { min, max } => arg
            .value_name(format!("{min}..{max}"))
            .allow_negative_numbers(true),
        Kind::OneOf(choices) => arg.value_name(values(choices, "|")),
        Kind::AnyOf(choices) => arg.value_name(format!("{},…", values(choices, ","))),
        Kind::Text => arg.value_name("TEXT"),
    }
}

fn values(choices: &[crate::question::Choice], between: &str) -> String {
    let values: Vec<String> = choices
        .iter()
        .map(|c| crate::ui::clean::line(&c.value))
        .collect();
    values.join(between)
}

fn id(question: &str) -> String {
    format!("question:{question}")
}

/// The answers given as flags, as they were typed.
pub fn given(matches: &ArgMatches, asked: &[Asked<'_>]) -> BTreeMap<String, String> {
    let names = asked
        .iter()
        .flat_map(|package| package.questions)
        .map(|question| &question.name);
    names
        .filter_map(|name| {
            let value = matches.try_get_one::<String>(&id(name)).ok().flatten()?;
            Some((name.clone(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::{cli::Cli, question::Value};

    fn kept(line: &str) -> String {
        let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
        let kept = known(&Cli::command(), &args, "new");
        kept.iter()
            .map(|a| a.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_first_reading_keeps_what_is_always_there() {
        for (line, expected) in [
            ("scaffold new django shop", "scaffold new django shop"),
            (
                "scaffold new django shop --database postgres -y",
                "scaffold new django shop -y",
            ),
            (
                "scaffold new --database=postgres django shop",
                "scaffold new django shop",
            ),
            (
                "scaffold -C x new django --with auth --docker -d a=b",
                "scaffold -C x new django --with auth -d a=b",
            ),
            ("scaffold new django --help", "scaffold new django"),
            ("scaffold new django -h", "scaffold new django"),
            ("scaffold new -yC x django", "scaffold new -yC x django"),
            (
                "scaffold new django -- --strange",
                "scaffold new django -- --strange",
            ),
        ] {
            assert_eq!(kept(line), expected);
        }
    }

    fn questions() -> Vec<Question> {
        let question = |name: &str, kind| Question {
            name: name.into(),
            prompt: format!("{name}?"),
            help: String::new(),
            kind,
            default: Some(Value::Text("x".into())),
            applies: true,
        };
        vec![
            question("database", Kind::Text),
            question("docker", Kind::Flag),
            question("yes", Kind::Text),
        ]
    }

    #[test]
    fn the_second_reading_has_a_flag_for_each_question() {
        let questions = questions();
        let asked = [Asked {
            package: "django".into(),
            questions: &questions,
        }];
        let cli = augment(Cli::command(), "new", &asked);
        let line = [
            "scaffold",
            "new",
            "--docker",
            "django",
            "shop",
            "--database",
            "postgres",
        ];
        let matches = cli.clone().try_get_matches_from(line).unwrap();
        let (_, sub) = matches.subcommand().unwrap();
        let given = given(sub, &asked);
        assert_eq!(given["database"], "postgres");
        assert_eq!(given["docker"], "true");
        let wrong = cli
            .try_get_matches_from(["scaffold", "new", "django", "--databse", "x"])
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("--database"), "{wrong}");
    }
}
