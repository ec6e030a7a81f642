//! The moment a volume or package was made, as its parts: this crate computes no calendar.

/// A local date and time with its distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeAt {
    /// Year, 1980 to 2107 (what a zip file can say).
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
    /// East of UTC, in minutes (北京时间: 480).
    pub offset_minutes: i16,
}

impl MadeAt {
    /// As PDF writes it (ISO 32000-1, 7.9.4).
    pub(crate) fn as_pdf(self) -> String {
        let (sign, hours, minutes) = self.offset();
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        format!(
            "D:{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{sign}{hours:02}'{minutes:02}'"
        )
    }

    /// As XMP writes it (RFC 3339).
    pub(crate) fn as_xmp(self) -> String {
        let (sign, hours, minutes) = self.offset();
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}:{minutes:02}"
        )
    }

    fn offset(self) -> (char, u16, u16) {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        (sign, minutes / 60, minutes % 60)
    }
}
