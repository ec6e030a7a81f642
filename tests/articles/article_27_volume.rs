//! Art. 27: thirty days from the end to the volume, with nothing missing from it.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

#[test]
fn the_volume_is_owed_within_thirty_days() {
    // Ended on 1 April 2026; the thirtieth day is 1 May, a holiday: it binds, 6 May is shown beside it.
    let ended = || told(with(performed(), [concluded().on("2026-04-01")]));
    ended().on("2026-04-02").owes("archive-in-time").due("2026-05-01").shown_also_as("2026-05-06");
    ended().on("2026-05-02").owes("archive-in-time").overdue();
    told(with(performed(), [concluded().on("2026-04-01"), archived().on("2026-05-01")])).has_met("archive-in-time");
    told(with(performed(), [concluded().on("2026-04-01"), archived().on("2026-05-02")])).has_met_late("archive-in-time");
}

#[test]
fn a_volume_waits_for_the_end_for_every_sheet_and_every_paper() {
    told(performed()).when(archives()).then_refused_by("volume-complete");
    told(with(performed(), [concluded()])).when(archives()).then_met("volume-complete");
    let unscanned = with(performed(), [made("statement-record"), issued("statement-record"), concluded()]);
    told(unscanned).when(archives()).then_refused_by("volume-complete");
    let waiting = with(performed(), [submitted("order-to-correct"), concluded()]);
    told(waiting).when(archives()).then_refused_by("volume-complete");
}

#[test]
fn a_volume_waits_for_whatever_is_still_owed() {
    let order = submitted("order-to-correct").with(serde_json::json!({ "recheck_on": "2026-04-20" }));
    let owed = with(performed(), [order, approved("order-to-correct"), issued("order-to-correct"), served("order-to-correct"), concluded()]);
    told(owed).when(archives()).then_refused_by("volume-complete");
}

#[test]
fn a_recording_on_the_device_is_in_no_volume() {
    let ended = |footage: Happened| told(with(opened(), [footage.until("2026-03-02T12:00"), concluded()]));
    ended(footage_listed()).when(archives()).then_refused_by("recordings-in-volume");
    ended(footage_attached()).when(archives()).then_met("recordings-in-volume");
}
