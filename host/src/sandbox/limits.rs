//! How much a guest may use: one table, out of which come the settings, their names, what `config.toml` may say, and
//! what an error says.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

use super::amount::{Amount, Bytes, Count, Time};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

macro_rules! limits {
    ($($limit:ident $field:ident $name:literal: $kind:ident = $default:expr, $bounds:literal;)+) => {
        /// What a package may use. The limits of a call hold for that call alone: a fresh store is made for each, so
        /// nothing adds up.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Limits {
            $(#[doc = $bounds] pub $field: $kind,)+
        }

        /// One of [`Limits`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Limit {
            $(#[doc = $bounds] $limit,)+
        }

        impl Limit {
            /// In the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$limit,)+];

            /// As it is called in `config.toml` and in errors.
            pub fn name(self) -> &'static str {
                match self { $(Self::$limit => $name,)+ }
            }

            /// What it bounds.
            pub fn bounds(self) -> &'static str {
                match self { $(Self::$limit => $bounds,)+ }
            }
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl Limits {
            pub fn get(&self, limit: Limit) -> Amount {
                match limit { $(Limit::$limit => Amount::$kind(self.$field),)+ }
            }

            /// An amount of another kind changes nothing.
            fn set(&mut self, limit: Limit, amount: Amount) {
                match (limit, amount) {
                    $((Limit::$limit, Amount::$kind(amount)) => self.$field = amount,)+
                    _ => {}
                }
            }
        }
    };
}

limits! {
    Component component "component": Bytes = 64 * MIB,
        "one component, before it is compiled";
    CompileTime compile_time "compile-time": Time = Duration::from_secs(60),
        "compiling one component, wall time";
    CompileMemory compile_memory "compile-memory": Bytes = 2048 * MIB,
        "memory of the process that compiles, on systems that bound processes";
    MachineCode machine_code "machine-code": Bytes = 256 * MIB,
        "one component once it is compiled";

    Memory memory "memory": Bytes = 256 * MIB,
        "linear memory, in sum over all memories";
    TableElements table_elements "table-elements": Count = 100_000,
        "elements, in sum over all tables";
    Instances instances "instances": Count = 64,
        "core instances, memories and tables, each";
    Stack stack "stack": Bytes = MIB,
        "the guest's stack";
    Fuel fuel "fuel": Count = 20_000_000_000,
        "instructions, about: a verdict that is the same on every machine";
    Time time "time": Time = Duration::from_secs(30),
        "wall time, for what fuel does not count";

    HostCalls host_calls "host-calls": Count = 100_000,
        "calls into the host";
    CallBytes call_bytes "call-bytes": Bytes = 80 * MIB,
        "texts and lists that cross to the host in one call";
    Questions questions "questions": Count = 200,
        "questions asked";
    Log log "log": Bytes = MIB,
        "words for the user: of the log, and again of what a call ends with";
    Output output "output": Bytes = 64 * MIB,
        "all files written";
    Files files "files": Count = 10_000,
        "files written or removed";
    Read read "read": Bytes = 64 * MIB,
        "what is read, of the package and the project together";
    Inputs inputs "inputs": Count = 10_000,
        "the user's own files that are read or listed";
}

impl Limits {
    /// That this limit was passed.
    pub(super) fn passed(&self, limit: Limit) -> LimitPassed {
        LimitPassed {
            name: limit.name(),
            allowed: self.get(limit),
        }
    }
}

/// A limit that was passed: its name as the user configures it, and what it allowed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("it passed the limit `{name}` ({allowed})")]
pub struct LimitPassed {
    pub name: &'static str,
    pub allowed: Amount,
}

impl LimitPassed {
    /// The line of `config.toml` that allows as much.
    pub fn setting(&self) -> String {
        format!("{} = {}", self.name, self.allowed.to_toml())
    }
}

/// `[limits]` of the user's `config.toml`: what it does not name stays as it is.
impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Table)
    }
}

struct Table;

impl<'de> de::Visitor<'de> for Table {
    type Value = Limits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of limits")
    }

    fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<Limits, M::Error> {
        let mut limits = Limits::default();
        while let Some(limit) = map.next_key::<Limit>()? {
            let amount = map.next_value_seed(limits.get(limit))?;
            limits.set(limit, amount);
        }
        Ok(limits)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        let mut all = Self::ALL.iter().copied();
        all.find(|limit| limit.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|limit| limit.name()).collect();
            de::Error::custom(format!(
                "there is no limit `{name}`; there are {}",
                names.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_fields_and_each_is_one_limit() {
        let shown = format!("{:?}", Limits::default());
        for (place, limit) in Limit::ALL.iter().enumerate() {
            let field = limit.name().replace('-', "_");
            assert!(shown.contains(&format!("{field}: ")), "{field}");
            assert!(!Limit::ALL[..place].contains(limit));
        }
    }

    #[test]
    fn each_is_set_by_its_name_and_no_other_changes() {
        for &limit in Limit::ALL {
            let default = Limits::default();
            let lower = match default.get(limit) {
                Amount::Bytes(_) => "\"3 bytes\"",
                Amount::Count(_) => "3",
                Amount::Time(_) => "\"3 ms\"",
            };
            let set: Limits = toml::from_str(&format!("{} = {lower}", limit.name())).unwrap();
            for &each in Limit::ALL {
                let same = set.get(each) == default.get(each);
                assert_eq!(same, each != limit, "{limit:?} {each:?}");
            }
            // What an error proposes is what can be written.
            let again = format!("{} = {}", limit.name(), default.get(limit).to_toml());
            assert_eq!(toml::from_str::<Limits>(&again).unwrap(), default);
        }
    }

    #[test]
    fn what_is_no_limit_or_no_amount_is_told_with_what_there_is() {
        let said = |text: &str| toml::from_str::<Limits>(text).unwrap_err().to_string();
        let unknown = said("memroy = \"1 MiB\"");
        assert!(unknown.contains("no limit `memroy`"), "{unknown}");
        for limit in Limit::ALL {
            assert!(unknown.contains(limit.name()), "{unknown}");
        }
        for (text, why) in [
            ("memory = 256", "a size such as \"64 MiB\""),
            ("memory = \"256\"", "a size such as"),
            ("memory = \"256 MB\"", "bytes, KiB, MiB or GiB"),
            ("time = 30", "a time such as \"30 s\""),
            ("time = \"30 MiB\"", "ms, s or min"),
            ("files = \"many\"", "a whole number"),
            ("files = -1", "a whole number"),
            ("files = 1.5", "a whole number"),
        ] {
            let said = said(text);
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
