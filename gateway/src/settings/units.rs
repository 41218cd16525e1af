//! Human units: `30s`, `2MiB`, `500/s`, and other short texts that mean something, as serde types.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::NaiveDate;
use ipnet::IpNet;

/// A short text that is parsed when it is read. What is wrong with it is said where it stands.
macro_rules! short_text {
    ($($(#[$doc:meta])* $name:ident($inner:ty) $expected:literal $parse:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(pub(crate) $inner);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ShortText;

                impl serde::de::Visitor<'_> for ShortText {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        let wrong = || E::custom(format_args!("\"{text}\" is not {}", $expected));
                        $parse(text).map($name).ok_or_else(wrong)
                    }
                }

                deserializer.deserialize_str(ShortText)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $expected })
            }
        }
    )*};
}

short_text! {
    /// How long.
    Span(Duration) "a duration such as `250ms`, `30s`, `5m`, `2h` or `1d`" parse_span;
    /// How many bytes.
    Size(usize) "a size such as `512B`, `32KiB` or `2MiB`" parse_size;
    /// How many in how much time.
    PerTime((NonZeroU32, Duration)) "a rate such as `500/s`, `20/min`, `1000/h` or `10000/day`" parse_rate;
    /// A calendar day.
    Day(NaiveDate) "a day such as `2027-01-31`" parse_day;
    /// A range of addresses.
    Cidr(IpNet) "a network such as `10.0.0.0/8` or `fd00::/8`, or one address" parse_cidr;
}

/// Text, a whole number, or true or false: all of them as text, which is what packs put into paths and queries.
#[derive(Debug, Clone)]
pub(crate) struct Word(pub(crate) String);

impl<'de> serde::Deserialize<'de> for Word {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyWord;

        impl serde::de::Visitor<'_> for AnyWord {
            type Value = Word;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text, a whole number, or true or false")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Word, E> {
                Ok(Word(flag.to_string()))
            }
        }

        deserializer.deserialize_any(AnyWord)
    }
}

impl schemars::JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}

/// A duration: a whole number and a unit; nothing is longer than a year.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let milliseconds = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" | "min" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        "d" => number.checked_mul(86_400_000)?,
        _ => return None,
    };
    (milliseconds <= 366 * 86_400_000).then(|| Duration::from_millis(milliseconds))
}

/// A size: a whole number and a unit.
pub(crate) fn parse_size(text: &str) -> Option<usize> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => return None,
    };
    usize::try_from(number.checked_mul(factor)?).ok()
}

/// A rate: a whole number that is not zero, and a time.
pub(crate) fn parse_rate(text: &str) -> Option<(NonZeroU32, Duration)> {
    let (number, unit) = text.split_once('/')?;
    let amount = u32::try_from(whole(number.trim_end())?).ok().and_then(NonZeroU32::new)?;
    let seconds = match unit.trim_start() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" | "day" => 86_400,
        _ => return None,
    };
    Some((amount, Duration::from_secs(seconds)))
}

/// An address and a port.
pub(crate) fn parse_address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn parse_cidr(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().map(IpNet::from).ok())
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((whole(number)?, unit.trim_start()))
}

/// Digits and nothing else: no sign, no point.
fn whole(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_mean_what_they_say() {
        assert_eq!(parse_span("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_span("5m"), parse_span("300s"));
        assert_eq!(parse_span("1d"), parse_span("24h"));
        assert_eq!(parse_size("2MiB"), Some(2 * 1024 * 1024));
        assert_eq!(parse_size("1kB"), Some(1000));
        assert_eq!(parse_rate("500/s"), Some((500.try_into().unwrap(), Duration::from_secs(1))));
        assert_eq!(parse_rate("10000 / day"), Some((10_000.try_into().unwrap(), Duration::from_secs(86_400))));
    }

    #[test]
    fn what_has_no_unit_or_too_much_of_it_is_refused() {
        for text in ["", "30", "s", "-1s", "+1s", "1.5s", "1 fortnight", "367d", "99999999999999999999s", "1s1s"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
        for text in ["", "1", "1K", "1mib", "18446744073709551615GiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        for text in ["", "5", "0/s", "5/", "/s", "5/fortnight", "4294967296/s", "1.5/s"] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_duration_reads_back(seconds in 0_u64..366 * 86_400) {
            prop_assert_eq!(parse_span(&format!("{seconds}s")), Some(Duration::from_secs(seconds)));
            prop_assert_eq!(parse_span(&format!("{seconds}ms")), Some(Duration::from_millis(seconds)));
        }

        #[test]
        fn a_size_reads_back(kibibytes in 0_usize..1 << 30) {
            prop_assert_eq!(parse_size(&format!("{kibibytes}KiB")), Some(kibibytes * 1024));
        }

        #[test]
        fn a_rate_reads_back(amount in 1_u32.., unit in prop::sample::select(vec!["s", "min", "h", "day"])) {
            let (read, _) = parse_rate(&format!("{amount}/{unit}")).unwrap();
            prop_assert_eq!(read.get(), amount);
        }

        #[test]
        fn no_text_makes_a_parser_stumble(text in ".{0,24}") {
            let _ = (parse_span(&text), parse_size(&text), parse_rate(&text), parse_cidr(&text), parse_day(&text));
        }
    }
}
