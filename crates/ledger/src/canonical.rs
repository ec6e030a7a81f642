//! Canonical JSON: the one spelling of a value (RFC 8785), and a reader that
//! refuses what has no such spelling.
//!
//! Numbers in the ledger are whole. Money is a count of fen or a string;
//! a fraction would be a double, and doubles round.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The largest whole number every JSON reader keeps exactly (RFC 7493, 2.2).
const WHOLE_NUMBER_MAX: i64 = (1 << 53) - 1;

/// Why a value or a text has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The bytes are not JSON as this ledger accepts it: bad syntax, a name
    /// given twice, a fraction, or bytes after the value.
    #[error("not strict JSON")]
    Syntax(#[source] serde_json::Error),
    /// The value cannot be written (RFC 8785, 3.1).
    #[error("value has no canonical form")]
    Unwritable(#[source] serde_json::Error),
    /// A number that a double would round: a fraction where whole numbers
    /// are asked for, or beyond 2^53 - 1.
    #[error("number {0} is not a whole number every reader keeps exactly")]
    Number(Number),
}

/// The canonical bytes of a value (RFC 8785): members ordered by UTF-16 code
/// units, no white space, shortest number.
///
/// # Errors
///
/// A whole number beyond 2^53 - 1, which the canonical form would round
/// silently. Fractions are written as the standard says; what enters the
/// ledger is kept free of them by [`demand_whole_numbers`].
pub fn to_canonical(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    each_number(value, &|number| number.is_f64() || is_whole(number))?;
    serde_json_canonicalizer::to_vec(value).map_err(CanonicalError::Unwritable)
}

/// Reads JSON and refuses a member named twice at any depth, bytes after the
/// value, fractions, and numbers beyond 2^53 - 1. A whole number written as a
/// double (`1.0`, `1e3`) is read as the integer it is.
///
/// # Errors
///
/// [`CanonicalError::Syntax`] with the place.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, CanonicalError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict
        .deserialize(&mut reader)
        .map_err(CanonicalError::Syntax)?;
    reader.end().map_err(CanonicalError::Syntax)?;
    Ok(value)
}

/// Checks that every number inside is whole and within ±(2^53 - 1).
///
/// # Errors
///
/// [`CanonicalError::Number`] with the first that is not.
pub fn demand_whole_numbers(value: &Value) -> Result<(), CanonicalError> {
    each_number(value, &is_whole)
}

fn is_whole(number: &Number) -> bool {
    number
        .as_i64()
        .is_some_and(|n| (-WHOLE_NUMBER_MAX..=WHOLE_NUMBER_MAX).contains(&n))
}

fn each_number(value: &Value, accepts: &impl Fn(&Number) -> bool) -> Result<(), CanonicalError> {
    match value {
        Value::Number(number) if !accepts(number) => Err(CanonicalError::Number(number.clone())),
        Value::Array(items) => items.iter().try_for_each(|item| each_number(item, accepts)),
        Value::Object(members) => members
            .values()
            .try_for_each(|item| each_number(item, accepts)),
        _ => Ok(()),
    }
}

/// Builds a [`Value`] as serde_json would, minus what it forgives.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON with whole numbers and no member named twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        if (-WHOLE_NUMBER_MAX..=WHOLE_NUMBER_MAX).contains(&value) {
            Ok(Value::from(value))
        } else {
            Err(E::custom(format_args!("number {value} is beyond 2^53 - 1")))
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::custom(format_args!("number {value} is beyond 2^53 - 1"))),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        // The bound is a power of two minus one, so it is exact as a double.
        if value.fract() == 0.0 && value.abs() <= WHOLE_NUMBER_MAX as f64 {
            Ok(Value::from(value as i64))
        } else {
            Err(E::custom(format_args!("number {value} is not whole")))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(Name(name)) = members.next_key()? {
            let value = members.next_value_seed(Strict)?;
            if object.contains_key(&name) {
                return Err(de::Error::custom(format_args!(
                    "member {name:?} is named twice"
                )));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// A member's name, owned because escapes may have to be resolved.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: de::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader).map(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        String::from_utf8(to_canonical(&value).unwrap()).unwrap()
    }

    #[test]
    fn the_sample_of_rfc_8785_section_3_2_2_is_spelt_as_printed() {
        let sample = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        assert_eq!(
            canonical(sample),
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
    }

    #[test]
    fn members_are_ordered_by_utf_16_units_as_in_rfc_8785_section_3_2_3() {
        let sample = r#"{
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let spelt = canonical(sample);
        let order = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ];
        let places: Vec<_> = order.iter().map(|name| spelt.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{spelt}");
    }

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":[{"b":{"c":1,"d":2,"c":1}}]}"#,
            // The same name, once written with an escape.
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert!(parse_strict(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_strict(br#"{"a":{"a":[{"a":1},{"a":2}]}}"#).is_ok());
    }

    #[test]
    fn bytes_after_the_value_are_refused() {
        assert!(parse_strict(b"{} {}").is_err());
        assert!(parse_strict(b"1,").is_err());
        assert!(parse_strict(b"").is_err());
        assert!(parse_strict(b"\"\xff\"").is_err());
        assert!(parse_strict(b" {} \n").is_ok());
    }

    #[test]
    fn money_is_whole_or_text() {
        for text in [
            "0.1",
            "[12.50]",
            r#"{"fine":1e-2}"#,
            "9007199254740992",
            "-9007199254740993",
            "1e300",
            "18446744073709551615",
        ] {
            assert!(parse_strict(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(
            parse_strict(b"9007199254740991").unwrap(),
            Value::from(9007199254740991_i64)
        );
        assert_eq!(parse_strict(b"5e3").unwrap(), Value::from(5000));
        assert_eq!(parse_strict(b"-0.0").unwrap(), Value::from(0));
        assert_eq!(parse_strict(br#""12.50""#).unwrap(), Value::from("12.50"));
    }

    #[test]
    fn a_number_the_form_would_round_is_refused_not_rounded() {
        assert!(matches!(
            to_canonical(&Value::from(9007199254740993_i64)),
            Err(CanonicalError::Number(_))
        ));
        assert!(demand_whole_numbers(&Value::from(0.5)).is_err());
        assert!(demand_whole_numbers(&Value::from(1.0)).is_err());
    }

    #[test]
    fn nesting_without_end_is_an_error_and_no_crash() {
        let deep = "[".repeat(100_000);
        assert!(parse_strict(deep.as_bytes()).is_err());
    }
}
