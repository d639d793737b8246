//! Amounts as a user writes them in `config.toml` and reads them in an error: the same text both ways.

use std::{fmt, time::Duration};

use serde::de::{self, DeserializeSeed, Unexpected, Visitor};

pub type Bytes = usize;
pub type Count = u64;
pub type Time = Duration;

/// How much of something a limit allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Bytes(Bytes),
    Count(Count),
    Time(Time),
}

/// Largest first, so that the first that divides is the shortest to read.
const SIZES: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("bytes", 1),
];
/// In milliseconds; nothing here is measured more finely.
const TIMES: [(&str, u64); 3] = [("min", 60_000), ("s", 1000), ("ms", 1)];

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, units) = match *self {
            Self::Count(count) => return write!(f, "{count}"),
            Self::Bytes(bytes) => (bytes as u64, SIZES.as_slice()),
            Self::Time(time) => (
                u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                TIMES.as_slice(),
            ),
        };
        let whole = |&&(_, size): &&(&str, u64)| number >= size && number.is_multiple_of(size);
        // Zero is a multiple of everything and at least nothing.
        match units.iter().find(whole).or(units.last()) {
            Some((unit, size)) => write!(f, "{} {unit}", number / size),
            None => Ok(()),
        }
    }
}

impl Amount {
    /// As a value in TOML.
    pub fn to_toml(self) -> String {
        match self {
            Self::Count(_) => self.to_string(),
            Self::Bytes(_) | Self::Time(_) => format!("\"{self}\""),
        }
    }

    /// An amount of the same kind, as a user writes it.
    pub fn parse(self, text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let of = |units: &[(&str, u64)]| {
            let (_, size) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
            number.checked_mul(*size)
        };
        match self {
            Self::Bytes(_) => Some(Self::Bytes(of(&SIZES)?.try_into().ok()?)),
            Self::Time(_) => Some(Self::Time(Duration::from_millis(of(&TIMES)?))),
            Self::Count(_) => None,
        }
    }
}

/// Reads an amount of the same kind as this one. Sizes and times need a unit: `memory = 256` would mean something else
/// to whoever wrote it than to whoever reads it.
impl<'de> DeserializeSeed<'de> for Amount {
    type Value = Self;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<Self, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for Amount {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "a size such as \"64 MiB\" (in bytes, KiB, MiB or GiB)",
            Self::Count(_) => "a whole number such as 10_000",
            Self::Time(_) => "a time such as \"30 s\" (in ms, s or min)",
        })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self, E> {
        match (self, u64::try_from(number)) {
            (Self::Count(_), Ok(number)) => Ok(Self::Count(number)),
            _ => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self, E> {
        self.parse(text)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_can_be_written() {
        let ms = Duration::from_millis;
        for (amount, told) in [
            (Amount::Bytes(3 << 30), "3 GiB"),
            (Amount::Bytes(64 << 20), "64 MiB"),
            (Amount::Bytes((1 << 20) + 1024), "1025 KiB"),
            (Amount::Bytes(1023), "1023 bytes"),
            (Amount::Bytes(0), "0 bytes"),
            (Amount::Time(ms(120_000)), "2 min"),
            (Amount::Time(ms(90_000)), "90 s"),
            (Amount::Time(ms(20)), "20 ms"),
            (Amount::Time(ms(0)), "0 ms"),
        ] {
            assert_eq!(amount.to_string(), told);
            assert_eq!(amount.parse(told), Some(amount), "{told}");
        }
        assert_eq!(Amount::Count(10_000).to_toml(), "10000");
        assert_eq!(Amount::Bytes(1024).to_toml(), "\"1 KiB\"");
    }

    #[test]
    fn what_has_no_unit_or_a_wrong_one_is_refused() {
        let size = Amount::Bytes(0);
        for text in [
            "",
            "64",
            "MiB",
            "-1 MiB",
            "64 MB",
            "64 mib",
            "6.4 MiB",
            "64 MiB x",
            "30 s",
            "99999999999999999999 bytes",
            "17179869184 GiB",
        ] {
            assert_eq!(size.parse(text), None, "{text:?}");
        }
        assert_eq!(Amount::Time(Duration::ZERO).parse("64 MiB"), None);
        assert_eq!(Amount::Time(Duration::ZERO).parse("1 h"), None);
        assert_eq!(size.parse("64MiB"), Some(Amount::Bytes(64 << 20)));
    }
}
