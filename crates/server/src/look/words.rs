//! Dates, times, numbers, sizes and money as pages write them in Chinese, and names that people
//! gave as they may safely stand in a line.

use jiff::civil::{Date, DateTime, Time, Weekday};
use std::fmt;

const DAYS: [&str; 7] = [
    "星期一",
    "星期二",
    "星期三",
    "星期四",
    "星期五",
    "星期六",
    "星期日",
];

/// A no-break space, so that a grouped number never parts at a line's end.
const THIN: char = '\u{a0}';

/// "星期二"
pub fn weekday_zh(weekday: Weekday) -> &'static str {
    DAYS[weekday.to_monday_zero_offset().rem_euclid(7) as usize]
}

/// "11月17日"
pub fn date_zh(date: Date) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// "2026年11月17日"
pub fn full_date_zh(date: Date) -> String {
    format!("{}年{}", date.year(), date_zh(date))
}

/// "11月17日" in the year of `today`, otherwise with its year.
pub fn near_date_zh(date: Date, today: Date) -> String {
    if date.year() == today.year() {
        date_zh(date)
    } else {
        full_date_zh(date)
    }
}

/// "11月17日 星期二"
pub fn day_zh(date: Date) -> String {
    format!("{} {}", date_zh(date), weekday_zh(date.weekday()))
}

/// "09:12"
pub fn time_zh(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// "11月17日 09:12"
pub fn moment_zh(moment: DateTime) -> String {
    format!("{} {}", date_zh(moment.date()), time_zh(moment.time()))
}

/// "2026年11月17日 09:12"
pub fn full_moment_zh(moment: DateTime) -> String {
    format!("{} {}", full_date_zh(moment.date()), time_zh(moment.time()))
}

/// The value of an `<input type="datetime-local">`: "2026-11-17T09:12".
pub fn moment_field(moment: DateTime) -> String {
    format!("{}T{}", moment.date(), time_zh(moment.time()))
}

/// "今天到期", "还有 4 个工作日", "超期 1 个工作日"; negative is past. `unit` is 个工作日 or 日.
pub fn remaining_zh(left: i64, unit: &str) -> String {
    match left {
        0 => "今天到期".to_owned(),
        1.. => format!("还有 {left} {unit}"),
        _ => format!("超期 {} {unit}", left.unsigned_abs()),
    }
}

/// "48 213": groups of three, parted by no-break spaces.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// Money from fen: "35 000 元", "35 000.50 元".
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "−" } else { "" };
    let fen = fen.unsigned_abs();
    let cents = fen % 100;
    let cents = if cents == 0 {
        String::new()
    } else {
        format!(".{cents:02}")
    };
    format!("{sign}{}{cents} 元", grouped(fen / 100))
}

/// "3.8 GB"; decimal units, as the devices print them.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut step = 0;
    let mut scale = 1_u64;
    // The next unit is taken as soon as rounding would print four digits.
    while step + 1 < UNITS.len() && bytes as f64 / scale as f64 >= 999.5 {
        step += 1;
        scale *= 1000;
    }
    let value = bytes as f64 / scale as f64;
    if step > 0 && value < 9.95 {
        format!("{value:.1} {}", UNITS[step])
    } else {
        format!("{value:.0} {}", UNITS[step])
    }
}

/// A length of time: "41 分 12 秒", "1 小时 5 分", "9 秒".
pub fn duration_zh(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} 秒"),
        (0, _) => format!("{minutes} 分 {rest} 秒"),
        _ => format!("{hours} 小时 {minutes} 分"),
    }
}

/// A place in a recording: "00:03:10".
pub fn offset(seconds: u64) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds % 3600 / 60,
        seconds % 60
    )
}

/// The first and last four digits of a digest: "9f2c…71ae".
pub fn short_hex(hex: &str) -> String {
    match (
        hex.get(..4),
        hex.len().checked_sub(4).and_then(|from| hex.get(from..)),
    ) {
        (Some(head), Some(tail)) if hex.len() > 8 => format!("{head}…{tail}"),
        _ => hex.to_owned(),
    }
}

/// A name somebody gave, with what cannot be seen made visible: "照片⟨U+202E⟩gpj.html". Marks that turn
/// the direction of writing would otherwise show another name than the one that is there.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { format!("⟨U+{:04X}⟩", u32::from(c)) } else { c.to_string() }).collect()
}

/// The same as HTML that keeps to its own direction: `<bdi>` around it, unseen marks set apart.
pub fn named(text: &str) -> Named<'_> {
    Named(text)
}

/// See [`named`].
pub struct Named<'a>(&'a str);

impl askama::filters::HtmlSafe for Named<'_> {}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str("<bdi>")?;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&#38;")?,
                '<' => f.write_str("&#60;")?,
                '>' => f.write_str("&#62;")?,
                '"' => f.write_str("&#34;")?,
                '\'' => f.write_str("&#39;")?,
                c if is_unseen(c) => write!(f, "<span class=\"unseen\">U+{:04X}</span>", u32::from(c))?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        f.write_str("</bdi>")
    }
}

/// Control characters, marks of direction, and what has no width at all (Unicode 16, bidirectional
/// formatting characters; zero-width space and joiners; the byte order mark). Line ends are none.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_name_that_turns_the_writing_around_is_seen_for_what_it_is() {
        // Shown raw, browsers draw this name as 照片lmth.jpg.
        let name = "照片\u{202e}gpj.html";
        assert_eq!(visible(name), "照片⟨U+202E⟩gpj.html");
        assert_eq!(named(name).to_string(), "<bdi>照片<span class=\"unseen\">U+202E</span>gpj.html</bdi>");
        assert_eq!(named("<b>\u{0}&\u{2066}").to_string(), "<bdi>&#60;b&#62;<span class=\"unseen\">U+0000</span>&#38;<span class=\"unseen\">U+2066</span></bdi>");
        assert_eq!(visible("第一行\n第二行"), "第一行\n第二行");
        assert_eq!(named("").to_string(), "");
    }

    #[test]
    fn days_and_hours_read_as_in_the_drawing() {
        assert_eq!(day_zh(date(2026, 11, 17)), "11月17日 星期二");
        assert_eq!(day_zh(date(2026, 11, 22)), "11月22日 星期日");
        assert_eq!(
            moment_zh(date(2026, 11, 17).at(9, 12, 59, 0)),
            "11月17日 09:12"
        );
        assert_eq!(
            near_date_zh(date(2027, 1, 4), date(2026, 12, 30)),
            "2027年1月4日"
        );
        assert_eq!(
            moment_field(date(2026, 1, 5).at(8, 4, 0, 0)),
            "2026-01-05T08:04"
        );
    }

    #[test]
    fn what_is_left_is_said_in_words() {
        assert_eq!(remaining_zh(4, "个工作日"), "还有 4 个工作日");
        assert_eq!(remaining_zh(0, "个工作日"), "今天到期");
        assert_eq!(remaining_zh(-3, "日"), "超期 3 日");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(48_213), "48\u{a0}213");
        assert_eq!(grouped(1_000_000), "1\u{a0}000\u{a0}000");
        assert_eq!(yuan(3_500_000), "35\u{a0}000 元");
        assert_eq!(yuan(-3_500_050), "−35\u{a0}000.50 元");
    }

    #[test]
    fn sizes_and_lengths_are_short() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999_600), "1.0 MB");
        assert_eq!(size(3_800_000_000), "3.8 GB");
        assert_eq!(size(46_100_000), "46 MB");
        assert_eq!(duration_zh(2472), "41 分 12 秒");
        assert_eq!(duration_zh(3900), "1 小时 5 分");
        assert_eq!(offset(190), "00:03:10");
        assert_eq!(short_hex("9f2c0000000071ae"), "9f2c…71ae");
        assert_eq!(short_hex("短"), "短");
    }
}
