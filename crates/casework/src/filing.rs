//! 立案: the number of a case is taken in the same act in which the last opinion approves its filing.

use crate::error::ActError;
use crate::office::{Decision, Office, Opened};
use database::{Change, Guard};
use procedure::event::{Envelope, Event, Span};
use procedure::ids::StreamId;

impl Office {
    /// Adds `CaseFiled` with the next number, and the standing grants of its people.
    pub(crate) fn file_case(
        &self,
        opened: &Opened,
        decision: Decision,
        stream: StreamId,
        span: Span,
        envelope: Envelope,
    ) -> Result<Decision, ActError> {
        let year = span.from.year();
        let series = crate::numbers::case_series(year);
        let ordinal = opened.next_case_number.ok_or_else(|| anyhow::anyhow!("no case number was read for this act"))?;
        let number = crate::numbers::fill(&self.book().case_number_format, year, ordinal);
        let entry = decision.events.len();
        let by = envelope.by.clone();
        let mut decision = decision.and(stream.clone(), span, envelope, Event::CaseFiled { number, on: span.from.date() });
        decision.guards.push(Guard::NumberNext { series: series.clone(), number: ordinal });
        decision.changes.push(Change::TakeNumber { series, number: ordinal, paper: stream.0, state: "taken".into(), entry });
        Ok(self.with_standing_grants(opened, &by, decision))
    }
}
