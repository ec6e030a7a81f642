//! Sessions and passwords (第二十六条: who looks at the file is known): a session idles a quarter of an
//! hour and lasts eight at most, is renewed in place with the password, and ends with the account.

mod support;

use casework::Office;
use casework::people::PutAccount;
use jiff::ToSpan;
use jiff::civil::DateTime;
use procedure::ids::*;
use procedure::people::Role;
use support::*;

async fn signed_in(office: &Office) -> String {
    office.sign_in("zhao", PASSWORD, "一号终端").await.unwrap().unwrap()
}

/// Whether the session serves; none where it is gone for good.
async fn serves(office: &Office, token: &str) -> Option<bool> {
    office.session(token).await.unwrap().map(|s| !s.stale)
}

fn later(hours: i32, minutes: i32) -> DateTime {
    monday().saturating_add(hours.hours().minutes(minutes))
}

#[tokio::test]
async fn a_session_left_alone_for_a_quarter_of_an_hour_asks_for_the_password_and_goes_on_with_it() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    people(&office).await;
    let token = signed_in(&office).await;
    office.clock().step_to(later(0, 15));
    assert_eq!(serves(&office, &token).await, Some(true));
    office.clock().step_to(later(0, 31));
    assert_eq!(serves(&office, &token).await, Some(false));
    // A wrong password renews nothing; the right one does, under the same token.
    assert!(!office.renew_session(&token, "not the password").await.unwrap());
    assert_eq!(serves(&office, &token).await, Some(false));
    assert!(office.renew_session(&token, PASSWORD).await.unwrap());
    assert_eq!(serves(&office, &token).await, Some(true));
}

#[tokio::test]
async fn a_session_in_use_ends_after_eight_hours_all_the_same() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    people(&office).await;
    let token = signed_in(&office).await;
    for minutes in (10..480).step_by(10) {
        office.clock().step_to(later(0, minutes));
        assert_eq!(serves(&office, &token).await, Some(true), "after {minutes} minutes");
    }
    office.clock().step_to(later(8, 0));
    assert_eq!(serves(&office, &token).await, Some(false));
}

#[tokio::test]
async fn each_sign_in_has_a_token_of_its_own_and_signing_out_ends_it_for_good() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    people(&office).await;
    let (first, second) = (signed_in(&office).await, signed_in(&office).await);
    assert_ne!(first, second);
    // 128 bits take 22 characters of base64 at least.
    assert!(first.len() >= 22, "{first}");
    office.sign_out(&first).await.unwrap();
    assert_eq!(serves(&office, &first).await, None);
    assert!(!office.renew_session(&first, PASSWORD).await.unwrap());
    assert_eq!(serves(&office, &second).await, Some(true));
}

#[tokio::test]
async fn a_disabled_account_is_served_nothing_more() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    people(&office).await;
    let token = signed_in(&office).await;
    let what = PutAccount {
        account: "zhao".into(),
        officer: Some("zhao".into()),
        name: "赵某甲".into(),
        password: None,
        roles: vec![Role::Officer],
        department: DepartmentId("d1".into()).0,
        must_change: false,
        disabled: true,
    };
    office.put_account(&installer(), what).await.unwrap();
    assert_eq!(serves(&office, &token).await, None);
    assert!(!office.renew_session(&token, PASSWORD).await.unwrap());
    assert!(office.sign_in("zhao", PASSWORD, "一号终端").await.unwrap().is_err());
}
