//! 扫描归入: the sheet signed by hand, linked to its paper, its pages counted, and where it lies.

use crate::acts::issue_paper::claim;
use crate::error::ActError;
use crate::intake::Taken;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde_json::json;

#[derive(Clone, Debug)]
pub struct ScanPaper {
    pub case: CaseId,
    pub paper: PaperId,
    pub taken: Taken,
    /// Pages of the scan; for a PDF they are counted.
    pub pages_count: u32,
    /// Where the sheet itself lies: box, shelf, page.
    pub located: String,
}

pub async fn scan_paper(office: &Office, caller: &Caller, what: ScanPaper) -> Result<Receipt, ActError> {
    if what.located.trim().is_empty() {
        return Err(ActError::field("located", "请注明纸质原件存放在哪里（盒、架、页）"));
    }
    let stream = StreamId::case(&what.case);
    office
        .act_on_case(caller, &what.case, "scan", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let paper = opened.case.paper(&what.paper).ok_or(ActError::NotFound)?;
            let Some(issued) = &paper.issued else {
                return Err(ActError::Conflict("文书还没有成文，不能归入扫描件".into()));
            };
            let fields = json!({ "pages_count": what.pages_count, "pages_expected": issued.pages_count });
            let fields = fields.as_object().cloned().unwrap_or_default();
            let span = Span::at(opened.now);
            let act = Act { actor: &caller.person, officers: &[], span, fields: &fields, overlaps: &[], method: None, about: About { party: None, paper: Some(&what.paper) } };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, "scan", &act)?;
            envelope.matter = paper.title.clone();
            let event = Event::PaperScanned {
                paper: what.paper.clone(),
                file: what.taken.file.clone(),
                pages_count: what.pages_count,
                pages_expected: issued.pages_count,
                located: what.located.clone(),
            };
            let mut decision = Decision::event(stream.clone(), span, envelope, event);
            decision.changes.push(claim(&what.taken.file, &stream, what.taken.protected));
            Ok(decision)
        })
        .await
}
