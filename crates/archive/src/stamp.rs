//! Page numbers: arabic, bottom right as the page is seen. The digits are drawn as strokes of
//! our own, so that a volume of PDF/A parts needs no further font.

use crate::pdf::follow;
use lopdf::{Document, Object};

/// Each digit on a field 6 wide and 9 high, as PDF path operators; all are stroked.
const DIGITS: [&str; 10] = [
    "3 8.6 m 4.9 8.6 5.3 6.6 5.3 4.5 c 5.3 2.4 4.9 .4 3 .4 c 1.1 .4 .7 2.4 .7 4.5 c .7 6.6 1.1 8.6 3 8.6 c",
    "1.3 7 m 3.1 8.6 l 3.1 .4 l 1.3 .4 m 4.9 .4 l",
    "0.8 6.7 m 1 9.2 5.2 9.3 5.2 6.3 c 5.2 4.2 1.3 2.4 .7 .4 c 5.3 .4 l",
    "0.8 7.6 m 2 9.3 5.1 8.9 5 6.8 c 4.9 5.2 3.6 4.8 2.4 4.8 c 4 4.8 5.4 4.2 5.3 2.4 c 5.2 -.2 1.8 -.2 .6 1.6 c",
    "4.2 .4 m 4.2 8.6 l .5 3 l 5.6 3 l",
    "5 8.6 m 1.3 8.6 l .9 4.9 l 2.2 6.2 5.3 6 5.3 3.1 c 5.3 -.1 1.7 -.2 .6 1.4 c",
    "4.9 8 m 2.2 9.4 .7 6.6 .7 3.3 c .7 -.6 5.3 -.6 5.3 2.8 c 5.3 5.9 1.2 6 .8 3 c",
    "0.6 8.6 m 5.4 8.6 l 4 6 2.6 3.6 2.3 .4 c",
    "3 4.8 m 5.5 4.9 5.6 8.6 3 8.6 c .4 8.6 .5 4.9 3 4.8 c 6 4.7 6.1 .4 3 .4 c -.1 .4 0 4.7 3 4.8 c",
    "1.1 1 m 3.8 -.4 5.3 2.4 5.3 5.7 c 5.3 9.6 .7 9.6 .7 6.2 c .7 3.1 4.8 3 5.2 6 c",
];

const ADVANCE_PT: f64 = 7.4;
const WIDTH_PT: f64 = 6.0;
const HEIGHT_PT: f64 = 9.0;
const RIGHT_PT: f64 = 40.0;
const BOTTOM_PT: f64 = 28.0;
/// Room around the strokes, which are centred on their paths.
const PADDING_PT: f64 = 1.0;

/// How a page is seen: what of it, and turned how far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    /// Left, bottom, right, top in the page's own space.
    pub(crate) seen: [f64; 4],
    /// Clockwise, in quarters.
    pub(crate) quarters: u8,
    /// Size of a unit, in points.
    pub(crate) unit_pt: f64,
}

/// The number's drawing: operators, and the box they stay in.
pub(crate) fn drawing(number: u32) -> (String, [f64; 4]) {
    let digits = number.to_string();
    let mut operators = String::from("/Artifact <</Type /Pagination>> BDC\n0 G 0.9 w 1 J 1 j\n");
    for (place, digit) in digits.bytes().enumerate() {
        let path = DIGITS[usize::from(digit - b'0')];
        operators.push_str(&format!(
            "q 1 0 0 1 {} 0 cm {path} S Q\n",
            decimal(place as f64 * ADVANCE_PT)
        ));
    }
    operators.push_str("EMC");
    let width = drawing_width_pt(digits.len());
    (
        operators,
        [
            -PADDING_PT,
            -PADDING_PT,
            width + PADDING_PT,
            HEIGHT_PT + PADDING_PT,
        ],
    )
}

/// The operator that places a drawing of so many digits bottom right on the page as it is seen.
pub(crate) fn placement(view: &View, digits_count: usize) -> String {
    let [left, bottom, right, top] = view.seen;
    let (width, height) = match view.quarters {
        1 | 3 => (top - bottom, right - left),
        _ => (right - left, top - bottom),
    };
    // A scan may be a poster in points; its number must be read on paper of the usual size.
    let scale = (width.min(height) * view.unit_pt / 595.0).clamp(0.4, 40.0) / view.unit_pt;
    let x = width - (RIGHT_PT + drawing_width_pt(digits_count)) * scale;
    let y = BOTTOM_PT * scale;
    let matrix = match view.quarters {
        1 => [0.0, scale, -scale, 0.0, right - y, bottom + x],
        2 => [-scale, 0.0, 0.0, -scale, right - x, top - y],
        3 => [0.0, -scale, scale, 0.0, left + y, top - x],
        _ => [scale, 0.0, 0.0, scale, left + x, bottom + y],
    };
    let matrix: Vec<String> = matrix.iter().map(|value| decimal(*value)).collect();
    format!("{} cm", matrix.join(" "))
}

/// How far a page's content leaves the graphics state from where it found it: how many states
/// it restores that it never saved, and how many it saves and never restores. Scanners' drivers
/// do both, and the number must stand right all the same.
pub(crate) fn imbalance(content: &[u8]) -> (usize, usize) {
    let (mut missing, mut open) = (0usize, 0usize);
    let mut at = 0;
    while at < content.len() {
        match content[at] {
            b'%' => at = skip_while(content, at, |b| b != b'\n' && b != b'\r'),
            b'(' => at = skip_string(content, at),
            b'<' if content.get(at + 1) == Some(&b'<') => at += 2,
            b'<' => at = skip_while(content, at, |b| b != b'>'),
            b'/' => at = skip_while(content, at + 1, is_regular),
            byte if is_regular(byte) => {
                let end = skip_while(content, at, is_regular);
                match &content[at..end] {
                    b"q" => open += 1,
                    b"Q" if open > 0 => open -= 1,
                    b"Q" => missing += 1,
                    b"ID" => {
                        at = skip_image(content, end);
                        continue;
                    }
                    _ => {}
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    (missing, open)
}

/// Left, bottom, right, top of a rectangle in whatever order it was written; `None` where it is
/// no rectangle or has no area.
pub(crate) fn rectangle(document: &Document, object: &Object) -> Option<[f64; 4]> {
    let corners: Vec<f64> = object
        .as_array()
        .ok()?
        .iter()
        .map(|value| follow(document, value).as_float().map(f64::from))
        .collect::<Result<_, _>>()
        .ok()?;
    let [a, b, c, d] = corners.try_into().ok()?;
    let found = [
        f64::min(a, c),
        f64::min(b, d),
        f64::max(a, c),
        f64::max(b, d),
    ];
    (found.iter().all(|v| v.is_finite()) && found[2] > found[0] && found[3] > found[1])
        .then_some(found)
}

/// A number as PDF wants it, the same on every machine, without needless zeros.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

fn drawing_width_pt(digits_count: usize) -> f64 {
    (digits_count as f64 - 1.0) * ADVANCE_PT + WIDTH_PT
}

fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | 9
            | 10
            | 12
            | 13
            | 32
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'/'
            | b'%'
    )
}

fn skip_while(content: &[u8], from: usize, goes_on: impl Fn(u8) -> bool) -> usize {
    content[from..]
        .iter()
        .position(|&b| !goes_on(b))
        .map_or(content.len(), |more| from + more)
}

fn skip_string(content: &[u8], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < content.len() {
        match content[at] {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(content.len())
}

/// Past an inline image: its bytes end at an `EI` between white space.
fn skip_image(content: &[u8], from: usize) -> usize {
    let white = |at: usize| {
        content
            .get(at)
            .is_none_or(|b| b.is_ascii_whitespace() || *b == 0)
    };
    let mut at = from + 1;
    while at + 1 < content.len() {
        if &content[at..at + 2] == b"EI" && white(at - 1) && white(at + 2) {
            return at + 2;
        }
        at += 1;
    }
    content.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unbalanced_content_is_counted_past_strings_and_images() {
        assert_eq!(imbalance(b"q 1 0 0 1 0 0 cm Q"), (0, 0));
        assert_eq!(imbalance(b"q q Q"), (0, 1));
        assert_eq!(imbalance(b"Q Q q"), (2, 1));
        assert_eq!(
            imbalance(b"BT (q \\) q (q)) Tj <71> Tj /q gs % q\nET"),
            (0, 0)
        );
        assert_eq!(imbalance(b"q BI /W 1 /H 1 ID q Q EIq q q\nEI Q"), (0, 0));
    }

    #[test]
    fn a_number_keeps_its_distance_from_the_seen_corner_however_the_page_lies() {
        // A4 with its origin moved; the expected matrices were worked out on paper.
        let view = |quarters| View {
            seen: [100.0, 50.0, 695.0, 892.0],
            quarters,
            unit_pt: 1.0,
        };
        assert_eq!(placement(&view(0), 1), "1 0 0 1 649 78 cm");
        assert_eq!(placement(&view(1), 1), "0 1 -1 0 667 846 cm");
        assert_eq!(placement(&view(2), 1), "-1 0 0 -1 146 864 cm");
        assert_eq!(placement(&view(3), 1), "0 -1 1 0 128 96 cm");
    }
}
