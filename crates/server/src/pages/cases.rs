//! Cases: the list, the page of one case with its tabs, and the acts that need no paper.

pub mod act;
pub mod assign_handlers;
pub mod case;
pub mod choose_cause;
pub mod conclude_case;
pub mod control;
pub mod correct;
pub mod decide_flaw;
pub mod end_visit;
pub mod head;
pub mod inform_impossible;
pub mod labels;
pub mod ledger;
pub mod list;
pub mod people;
pub mod raise_protection;
pub mod record_party;
pub mod sight;
pub mod start_before_filing;
pub mod start_visit;
#[cfg(test)]
pub mod testing;
pub mod timeline;
pub mod wording;

use crate::router::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases", list::show)
        .get("/cases/{id}", case::show)
        .get("/cases/{id}/people", people::show)
        .get("/cases/{id}/ledger", ledger::show)
        .get("/cases/{id}/record-party", record_party::show)
        .post("/cases/{id}/record-party", record_party::submit)
        .get("/cases/{id}/choose-cause", choose_cause::show)
        .post("/cases/{id}/choose-cause", choose_cause::submit)
        .get("/cases/{id}/start-before-filing", start_before_filing::show)
        .post("/cases/{id}/start-before-filing", start_before_filing::submit)
        .get("/cases/{id}/start-visit", start_visit::show)
        .post("/cases/{id}/start-visit", start_visit::submit)
        .get("/cases/{id}/end-visit", end_visit::show)
        .post("/cases/{id}/end-visit", end_visit::submit)
        .get("/cases/{id}/assign-handlers", assign_handlers::show)
        .post("/cases/{id}/assign-handlers", assign_handlers::submit)
        .get("/cases/{id}/conclude-case", conclude_case::show)
        .post("/cases/{id}/conclude-case", conclude_case::submit)
        .get("/cases/{id}/decide-flaw", decide_flaw::show)
        .post("/cases/{id}/decide-flaw", decide_flaw::submit)
        .get("/cases/{id}/correct", correct::show)
        .post("/cases/{id}/correct", correct::submit)
        .get("/cases/{id}/inform-impossible", inform_impossible::show)
        .post("/cases/{id}/inform-impossible", inform_impossible::submit)
        .get("/cases/{id}/raise-protection", raise_protection::show)
        .post("/cases/{id}/raise-protection", raise_protection::submit)
}

#[cfg(test)]
mod tests {
    use crate::desk::act_path;
    use casework::views::act_title;

    #[test]
    fn every_act_without_a_paper_has_its_page_and_its_words() {
        // Building the whole router also shows that no two routes stand in each other's way.
        let all = crate::router::routes().list;
        let acts = [
            "record-party", "choose-cause", "start-before-filing", "start-visit", "end-visit", "assign-handlers", "conclude-case",
            "decide-flaw", "correct", "inform-impossible",
        ];
        for act in acts {
            let path = act_path(act, "/cases/{id}").expect("the desk knows its page");
            for method in ["GET", "POST"] {
                assert!(all.iter().any(|r| r.method == method && r.path == path), "{method} {path}");
            }
            assert_ne!(act_title(super::testing::book(), act), act);
        }
    }
}
