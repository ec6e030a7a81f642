//! The fictitious bureau: its registers from `regulation/demo`, and an account for everybody.

use crate::import::ImportName;
use crate::office::{Caller, Office};
use crate::people::PutAccount;
use anyhow::{Context, anyhow};
use jiff::civil::Date;
use procedure::people::Role;

/// An account of the demonstration, as the sign-in page and the command line show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DemoAccount {
    /// The roles in Chinese, joined by 、.
    pub role: String,
    pub name: String,
    pub account: String,
    pub password: String,
}

/// The year the files of `regulation/demo` are written for: terms of certificates move with today.
const WRITTEN_FOR: i16 = 2026;

/// Everybody's password in a demonstration; it protects nothing.
pub fn password_of(account: &str) -> String {
    format!("liuhen-demo-{account}")
}

struct Row {
    account: String,
    name: String,
    department: String,
    roles: Vec<Role>,
}

/// Registers and accounts. Certificates are valid around `today` as the files say for their year.
pub async fn furnish(office: &Office, today: Date) -> anyhow::Result<Vec<DemoAccount>> {
    let officers = moved(file(office, "officers.csv")?, i32::from(today.year()) - i32::from(WRITTEN_FOR))?;
    let people = rows(&officers)?;
    let system = office.system();
    let mut accounts = vec![];
    // The administrators first: they put the registers, as they would in earnest.
    let (first, rest): (Vec<&Row>, Vec<&Row>) = people.iter().partition(|r| r.roles.iter().any(|role| role.is_administrator()));
    for row in first {
        accounts.push(account(office, &system, row).await?);
    }
    let editor = person_with(office, Role::SystemAdmin)?;
    for (name, text) in [
        (ImportName::Departments, file(office, "departments.csv")?.to_owned()),
        (ImportName::Officers, officers.clone()),
        (ImportName::Powers, file(office, "powers.csv")?.to_owned()),
    ] {
        office.import(&editor, name, text.as_bytes(), false).await.map_err(|e| told(name.title(), &e))?;
    }
    office.seed_registers().await?;
    let security = person_with(office, Role::SecurityAdmin)?;
    for row in rest {
        accounts.push(account(office, &security, row).await?);
    }
    // The register of parties is no administrator's.
    let parties = file(office, "parties.csv")?;
    let head = person_with(office, Role::SectionHead)?;
    office.import(&head, ImportName::Parties, parties.as_bytes(), false).await.map_err(|e| told(ImportName::Parties.title(), &e))?;
    let place = |a: &DemoAccount| people.iter().position(|r| r.account == a.account);
    accounts.sort_by_key(place);
    Ok(accounts)
}

async fn account(office: &Office, by: &Caller, row: &Row) -> anyhow::Result<DemoAccount> {
    let password = password_of(&row.account);
    let what = PutAccount {
        account: row.account.clone(),
        officer: Some(office.keyed_id("officers", &row.account)),
        name: row.name.clone(),
        password: Some(password.clone()),
        roles: row.roles.clone(),
        department: row.department.clone(),
        must_change: false,
        disabled: false,
    };
    office.put_account(by, what).await.map_err(|e| told(&row.account, &e))?;
    let role = row.roles.iter().map(|r| r.title()).collect::<Vec<_>>().join("、");
    Ok(DemoAccount { role, name: row.name.clone(), account: row.account.clone(), password })
}

fn person_with(office: &Office, role: Role) -> anyhow::Result<Caller> {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).with_context(|| format!("nobody is {}", role.code()))?;
    Ok(Caller::new(person.clone(), "demonstration"))
}

fn file<'a>(office: &'a Office, name: &str) -> anyhow::Result<&'a str> {
    let path = format!("demo/{name}");
    office.book().files.get(&path).map(String::as_str).with_context(|| format!("regulation/{path} is missing"))
}

fn rows(officers: &str) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(officers.as_bytes());
    let headers = reader.headers()?.clone();
    let mut people = vec![];
    for record in reader.records() {
        let record = record?;
        let text = |key: &str| headers.iter().position(|h| h == key).and_then(|i| record.get(i)).unwrap_or_default().to_owned();
        let roles = text("roles").split(';').filter_map(Role::parse).collect();
        people.push(Row { account: text("account"), name: text("name"), department: text("department"), roles });
    }
    Ok(people)
}

/// The officers' file with the terms of certificates moved by whole years.
fn moved(officers: &str, years: i32) -> anyhow::Result<String> {
    let mut reader = csv::Reader::from_reader(officers.as_bytes());
    let headers = reader.headers()?.clone();
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(&headers)?;
    for record in reader.records() {
        let record = record?;
        let moved = headers.iter().zip(record.iter()).map(|(header, value)| match value.parse::<Date>() {
            Ok(day) if matches!(header, "valid_from" | "valid_to") => {
                day.saturating_add(jiff::Span::new().years(years)).to_string()
            }
            _ => value.to_owned(),
        });
        writer.write_record(moved)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// An act's error with all that it complains of, for whoever made the demonstration's texts.
pub(super) fn told(what: &str, error: &crate::ActError) -> anyhow::Error {
    match error {
        crate::ActError::Invalid(problems) => {
            let all: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.field, p.message)).collect();
            anyhow!("{what}: {}", all.join("; "))
        }
        crate::ActError::Refused(refusal) => {
            let all: Vec<_> = refusal.missing.iter().map(|m| format!("{} ({})", m.sentence, m.article)).collect();
            anyhow!("{what} is refused: {}", all.join("; "))
        }
        crate::ActError::Failure(error) => anyhow!("{what}: {error:#}"),
        other => anyhow!("{what}: {other}"),
    }
}
