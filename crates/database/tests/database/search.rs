//! Search finds names of two characters, and nothing that was taken out.

use database::{CaseFilter, Change, SearchReach, Within};

use crate::office::{Place, case, story};
use crate::registers::put;

fn texts(doc: &str, scope: &str, text: &str) -> Change {
    Change::Search {
        doc: doc.into(),
        scope: scope.into(),
        text: text.into(),
    }
}

const ALL: SearchReach = SearchReach {
    cases: Within::Everything,
    clues: Within::Everything,
};

fn within(cases: Within) -> SearchReach {
    SearchReach {
        cases,
        clues: Within::Nothing,
    }
}

story!(two_characters_find_a_name);
async fn two_characters_find_a_name(place: Place) {
    let database = place.open().await;
    let mut first = case("c1", "虚构案一");
    first.number = Some("鲁文立〔2026〕12号".into());
    put(
        &database,
        "case/c1",
        vec![
            Change::PutCase(first),
            texts(
                "case/c1",
                "c1",
                "当事人张伟经营的演示歌城（KTV），鲁文立〔2026〕12号",
            ),
            texts("paper/p1", "c1", "责令改正通知书"),
        ],
    )
    .await;
    put(
        &database,
        "case/c2",
        vec![
            Change::PutCase(case("c2", "虚构案二")),
            texts("case/c2", "c2", "当事人王伟张"),
        ],
    )
    .await;
    let docs = async |text: &str| {
        let found = database.search(text, 10, &ALL).await.unwrap();
        found.into_iter().map(|found| found.doc).collect::<Vec<_>>()
    };
    assert_eq!(docs("张伟").await, ["case/c1"]);
    assert_eq!(docs("张").await, ["case/c2", "case/c1"]);
    assert_eq!(docs("ktv").await, ["case/c1"]);
    assert_eq!(docs("张伟 12号").await, ["case/c1"]);
    assert_eq!(docs("张伟 13号").await, [""; 0]);
    assert_eq!(docs("改正").await, ["paper/p1"]);
    for quoted in ["\"", "张伟\" OR \"", "' & '", "*", "🙂"] {
        database.search(quoted, 10, &ALL).await.unwrap();
    }
    // The cases are in nobody's hands, and belong to one department.
    for (reach, count) in [
        (Within::Nothing, 0),
        (Within::Person("officer/none".into()), 0),
        (Within::Department("elsewhere".into()), 0),
        (Within::Department(case("c1", "").department), 1),
        (
            Within::DepartmentOrPerson(case("c1", "").department, "officer/none".into()),
            1,
        ),
    ] {
        let found = database.search("张伟", 10, &within(reach.clone())).await;
        assert_eq!(found.unwrap().len(), count, "{reach:?}");
    }

    let filter = CaseFilter {
        text: Some("改正".into()),
        ..CaseFilter::default()
    };
    let cases = database.cases(&filter, None, 10).await.unwrap();
    assert_eq!(
        cases
            .iter()
            .map(|case| case.id.as_str())
            .collect::<Vec<_>>(),
        ["c1"]
    );

    put(
        &database,
        "case/c1",
        vec![texts("case/c1", "c1", "当事人李四")],
    )
    .await;
    put(
        &database,
        "case/c2",
        vec![Change::Unsearch {
            doc: "case/c2".into(),
        }],
    )
    .await;
    assert_eq!(docs("张伟").await, [""; 0]);
    assert_eq!(docs("王伟").await, [""; 0]);
    assert_eq!(docs("李四").await, ["case/c1"]);
}

story!(a_phrase_is_found_deep_inside_a_long_text);
async fn a_phrase_is_found_deep_inside_a_long_text(place: Place) {
    let database = place.open().await;
    // The name lies across the border of two parts.
    let text = format!(
        "{}欧阳某某{}",
        "询问笔录。".repeat(1_599) + "一二三",
        "笔".repeat(20_000)
    );
    put(&database, "case/c1", vec![texts("paper/p1", "c1", &text)]).await;
    let found = database.search("欧阳某某", 10, &ALL).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].doc, "paper/p1");
}
