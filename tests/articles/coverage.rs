//! Rules and tests hold together: every rule, fact and check is exercised with both outcomes, no
//! name is idle, every rule cites an article and says when it binds, and every article of the
//! bureau's rule is either upheld by a file here or listed with its reason.

use procedure::rulebook::split_call;
use std::collections::{BTreeMap, BTreeSet};
use tests::given::book;
use tests::source;

/// The text of every article test, without this file.
fn article_tests() -> String {
    let files = source::rust("tests/articles").into_iter().filter(|(path, _)| path != "coverage.rs");
    files.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

/// Whether a call such as `then_met("two-officers")` stands in the tests.
fn called(tests: &str, names: &[&str], id: &str) -> bool {
    names.iter().any(|name| tests.contains(&format!("{name}(\"{id}\"")))
}

#[test]
fn every_rule_is_tested_met_and_not_met() {
    let tests = article_tests();
    let mut lacking = vec![];
    let duties: BTreeSet<&str> = book().rules.duties.iter().map(|d| d.id.as_str()).collect();
    for (id, _) in book().rules.ids() {
        let (met, unmet): (&[&str], &[&str]) = if duties.contains(id) {
            (&["has_met"], &["owes"])
        } else {
            (&["then_met"], &["then_refused_by", "then_flawed_by"])
        };
        if !called(&tests, met, id) {
            lacking.push(format!("{id}: never met ({})", met.join(", ")));
        }
        if !called(&tests, unmet, id) {
            lacking.push(format!("{id}: never not met ({})", unmet.join(", ")));
        }
    }
    assert!(lacking.is_empty(), "rules without a test for both outcomes:\n{}", lacking.join("\n"));
}

#[test]
fn every_rule_named_in_a_test_exists() {
    let known: BTreeSet<&str> = book().rules.ids().into_iter().map(|(id, _)| id).collect();
    for name in ["then_met", "then_refused_by", "then_flawed_by", ".owes", "has_met", "has_met_late", "owes_nothing_by", "carries", "is_clear_of"] {
        for id in quoted_after(&article_tests(), &format!("{name}(\"")) {
            assert!(known.contains(id.as_str()), "{name} names the unknown rule {id}");
        }
    }
}

fn quoted_after(text: &str, opening: &str) -> Vec<String> {
    text.match_indices(opening)
        .filter_map(|(at, _)| text[at + opening.len()..].split('"').next().map(str::to_owned))
        .collect()
}

#[test]
fn every_fact_is_tested_holding_and_not_holding() {
    let tests = article_tests();
    let found = |names: &[&str], fact: &str| {
        names.iter().any(|name| {
            quoted_after(&tests, &format!("{name}(\"")).iter().any(|expression| split_call(expression).0 == fact)
        })
    };
    let mut lacking = vec![];
    for fact in procedure::facts::ALL {
        if !found(&[".holds", ".holds_for"], fact.name) {
            lacking.push(format!("{}: never holds", fact.name));
        }
        if !found(&[".lacks", ".lacks_for"], fact.name) {
            lacking.push(format!("{}: never lacks", fact.name));
        }
    }
    assert!(lacking.is_empty(), "facts without a test for both outcomes:\n{}", lacking.join("\n"));
}

#[test]
fn no_fact_is_idle() {
    let mut used: BTreeSet<String> = book().rules.fact_names().into_iter().map(|(_, name)| name).collect();
    let offered = book().procedures.values().flat_map(|p| &p.standing).filter_map(|s| s.when.as_deref());
    used.extend(offered.map(|fact| split_call(fact).0.to_owned()));
    for fact in procedure::facts::ALL {
        assert!(used.contains(fact.name), "no rule uses the fact {}: remove it", fact.name);
    }
}

#[test]
fn no_check_is_idle() {
    // A check is exercised through its rules, each of which is tested with both outcomes.
    let used: BTreeSet<&str> = book().rules.checks.iter().map(|c| split_call(&c.that).0).collect();
    for check in procedure::checks::ALL {
        assert!(used.contains(check.name), "no rule uses the check {}: remove it", check.name);
    }
}

#[test]
fn an_unknown_name_is_no_rulebook() {
    let path = "editions/2019-09-30/rules/extra.toml";
    let mut files = source::texts("regulation");
    let rule = |all: &str| format!("[[gate]]\nid = \"extra\"\nact = \"conclude-case\"\nall = [\"{all}\"]\narticle = \"本制度23\"\n");
    files.insert(path.into(), rule("concluded"));
    assert!(procedure::Rulebook::parse(files.clone()).is_ok());
    files.insert(path.into(), rule("conclude"));
    assert!(procedure::Rulebook::parse(files).is_err());
}

#[test]
fn an_unknown_act_is_no_rulebook() {
    let path = "editions/2019-09-30/rules/extra.toml";
    let mut files = source::texts("regulation");
    let rule = |act: &str| format!("[[gate]]\nid = \"extra\"\nact = \"{act}\"\nall = [\"filed\"]\narticle = \"本制度23\"\n");
    for (act, known) in [
        ("conclude-case", true),
        ("submit(inquiry-record)", true),
        ("serve(*)", true),
        ("record(inquiry-record)", false),
        ("submit(no-such-paper)", false),
        ("submit", false),
        ("conclude", false),
    ] {
        files.insert(path.into(), rule(act));
        assert_eq!(procedure::Rulebook::parse(files.clone()).is_ok(), known, "{act}");
    }
}

/// Names given to gates and judgements by pages and acts, as they stand in the source: a literal,
/// or one built with the kind of a paper.
fn asked_in_sources() -> Vec<(String, String)> {
    let mut found = vec![];
    for folder in ["crates/casework/src", "crates/server/src"] {
        for (path, text) in source::rust_without_tests(folder) {
            let asks = |opening: &str| quoted_after(&text, opening);
            let mut names = asks("judged(opened, \"");
            names.extend(asks("judged(&opened, \""));
            // `format!("submit({})", form.kind)`, whoever is asked with it.
            for verb in ["submit", "serve", "issue", "give-opinion", "take-step", "record", "scan", "refuse-signature"] {
                for built in [format!("format!(\"{verb}({{}})\""), format!("format!(\"{verb}({{kind}})\"")] {
                    names.extend(text.contains(&built).then(|| format!("{verb}(penalty-decision)")));
                }
            }
            // Pages name their act in a constant of this name; one in Chinese is a heading.
            names.extend(quoted_after(&text, "const ACT: &str = \"").into_iter().filter(|name| name.is_ascii()));
            found.extend(names.into_iter().map(|name| (format!("{folder}/{path}"), name)));
        }
    }
    found
}

#[test]
fn pages_and_acts_ask_by_names_that_rules_can_name() {
    let asked = asked_in_sources();
    assert!(asked.len() > 10, "the sources ask: {asked:?}");
    for (path, name) in asked {
        assert!(procedure::acts::known(book(), &name), "{path} asks for {name}, which no rule can name");
    }
}

#[test]
fn every_rule_cites_an_article_that_is_there() {
    let articles: BTreeSet<u32> = book().edition.articles.iter().map(|a| a.number).collect();
    let laws: Vec<&str> = book().laws.iter().map(|l| l.title.trim_start_matches("中华人民共和国")).collect();
    for (id, article) in book().rules.ids() {
        assert!(!article.trim().is_empty(), "{id} cites nothing");
        for citation in article.split(';').map(str::trim) {
            let (law, numbers) = citation.split_at(citation.find(|c: char| c.is_ascii_digit()).unwrap_or(citation.len()));
            if law == "本制度" {
                let number = numbers.split(['(', ',', '—']).next().and_then(|n| n.trim().parse().ok()).unwrap_or(0);
                assert!(articles.contains(&number), "{id} cites article {numbers} of the bureau's rule");
            } else {
                assert!(laws.contains(&law), "{id} cites {law}, which is in no register of laws");
            }
        }
    }
}

#[test]
fn every_rule_says_when_it_binds() {
    let rules = &book().rules;
    let gates = rules.gates.iter().map(|r| (&r.id, &r.in_force));
    let checks = rules.checks.iter().map(|r| (&r.id, &r.in_force));
    let duties = rules.duties.iter().map(|r| (&r.id, &r.in_force));
    let windows = rules.windows.iter().map(|r| (&r.id, &r.in_force));
    for (id, force) in gates.chain(checks).chain(duties).chain(windows) {
        assert!(force.as_ref().is_some_and(|f| f.from.is_some()), "{id} has no date of force");
    }
}

#[test]
fn every_article_is_upheld_or_listed_with_its_reason() {
    let main = source::text("tests/articles/main.rs");
    let mut upheld = BTreeSet::new();
    for line in main.lines() {
        if let Some(number) = line.strip_prefix("mod article_").and_then(|rest| rest.get(..2)).and_then(|n| n.parse::<u32>().ok()) {
            upheld.insert(number);
        }
    }
    let mut listed = BTreeMap::new();
    for line in source::text("tests/articles/untested.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (number, reason) = line.trim_start().split_once(char::is_whitespace).expect("number, then the reason");
        assert!(reason.trim().len() > 10, "article {number} has no reason");
        listed.insert(number.parse::<u32>().expect("a number"), reason.trim().to_owned());
    }
    for article in &book().edition.articles {
        let n = article.number;
        assert!(upheld.contains(&n) || listed.contains_key(&n), "article {n} is neither upheld nor listed");
        assert!(!(upheld.contains(&n) && listed.contains_key(&n)), "article {n} is both upheld and listed");
    }
    assert_eq!(book().edition.articles.iter().map(|a| a.number).collect::<Vec<_>>(), (1..=33).collect::<Vec<_>>());
}
