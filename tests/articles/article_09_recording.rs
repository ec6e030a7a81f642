//! Art. 9: footage is stored within two working days of the recording's end.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

#[test]
fn footage_still_on_the_device_is_owed_within_two_working_days() {
    // Recorded on Friday night; Monday and Tuesday count.
    let listed = || told(with(opened(), [footage_listed().on("2026-03-06T22:00").until("2026-03-06T23:10")]));
    listed().on("2026-03-09").owes("store-recording").due("2026-03-10").not_late();
    listed().at_the_end_of("2026-03-10").owes("store-recording").not_late();
    listed().on("2026-03-11").owes("store-recording").overdue();
}

#[test]
fn stored_on_the_second_working_day_is_in_time_and_on_the_third_late() {
    let stored = |day: &str| {
        let footage = footage_attached().on("2026-03-06T22:00").until("2026-03-06T23:10").recorded(day);
        told(with(opened(), [footage])).on("2026-03-20")
    };
    stored("2026-03-10").has_met("store-recording");
    stored("2026-03-11").has_met_late("store-recording");
    stored("2026-03-11").carries("store-recording");
}

#[test]
fn the_days_run_over_the_first_of_may() {
    // Two working days after 30 April 2026 end on 7 May: published count over the holiday of 1 to 5 May.
    let listed = told(with(opened(), [footage_listed().on("2026-04-30T10:00").until("2026-04-30T11:00")]));
    listed.on("2026-05-06").owes("store-recording").due("2026-05-07");
}
