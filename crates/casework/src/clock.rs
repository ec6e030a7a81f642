//! The clock of the office. Every date is computed from it, so that acts can be replayed;
//! only the tests' own server and the demonstration may step it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

/// The agency's time zone. China keeps one time, without summer time since 1991.
const ZONE: &str = "Asia/Shanghai";

/// Where the office takes its time from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands until it is stepped: microseconds since 1970.
    Stepped(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this local moment.
    pub fn at(moment: DateTime) -> Clock {
        Clock::Stepped(Arc::new(AtomicI64::new(micros(moment))))
    }

    pub fn timestamp(&self) -> Timestamp {
        match self {
            #[allow(clippy::disallowed_methods)] // the one place that reads the machine's clock
            Clock::System => Timestamp::now(),
            Clock::Stepped(us) => Timestamp::from_microsecond(us.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Local time of the agency, to the microsecond.
    pub fn now(&self) -> DateTime {
        local(self.timestamp())
    }

    pub fn now_us(&self) -> i64 {
        self.timestamp().as_microsecond()
    }

    /// Sets a stepped clock; the machine's clock is left as it is.
    pub fn step_to(&self, moment: DateTime) {
        if let Clock::Stepped(us) = self {
            us.store(micros(moment), Ordering::SeqCst);
        }
    }
}

fn zone() -> &'static TimeZone {
    static CELL: OnceLock<TimeZone> = OnceLock::new();
    CELL.get_or_init(|| TimeZone::get(ZONE).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8))))
}

/// Microseconds since 1970 of a local moment.
pub fn micros(moment: DateTime) -> i64 {
    zone().to_timestamp(moment).map_or(0, |t| t.as_microsecond())
}

/// The local moment of microseconds since 1970.
pub fn from_micros(us: i64) -> DateTime {
    local(Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn local(timestamp: Timestamp) -> DateTime {
    zone().to_datetime(timestamp)
}

/// RFC 3339 with the agency's offset, as entries carry it.
pub fn rfc3339(moment: DateTime) -> String {
    let offset = zone().to_timestamp(moment).map_or(jiff::tz::offset(8), |t| zone().to_offset(t));
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{moment}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// Reads RFC 3339 with an offset back into the agency's local time.
pub fn parse_rfc3339(text: &str) -> Option<DateTime> {
    text.parse::<Timestamp>().ok().map(local)
}
