//! The tests' own server: a furnished bureau without cases on a clock that is stepped from standard
//! input, so that the browser can live through cases of past years. Only here, and in the
//! demonstration, can a clock be stepped.
//!
//!   bureau serve DIR PORT DAY [DATABASE]   then lines `2025-11-04T09:00:00`, each answered `ok`
//!   bureau script ktv|internet-cafe        prints the story's acts, one JSON object a line

use anyhow::{Context, bail, ensure};
use casework::demo::{self, stories, vocabulary::Desk};
use casework::{Caller, Office, Settings};
use jiff::civil::{Date, DateTime};
use procedure::event::{Event, Recorded};
use procedure::people::Role;
use serde_json::{Value, json};
use server::desk::DeskSettings;
use std::io::{BufRead, Write};
use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match given.as_slice() {
        ["serve", dir, port, day] => serve(dir, port.parse()?, day.parse()?, None).await,
        ["serve", dir, port, day, database] => serve(dir, port.parse()?, day.parse()?, Some(database)).await,
        ["script", story] => script(story).await,
        _ => bail!("usage: bureau serve DIR PORT DAY [DATABASE] | bureau script ktv|internet-cafe"),
    }
}

fn settings(dir: &Path) -> Settings {
    let mut settings = Settings::new(dir.join("data"));
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    if std::env::var_os("LIUHEN_FONTS").is_none() {
        settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.fonts");
    }
    settings
}

async fn serve(dir: &str, port: u16, day: Date, database: Option<&str>) -> anyhow::Result<()> {
    let mut settings = settings(Path::new(dir));
    if let Some(url) = database {
        settings.database = url.to_owned();
    }
    let office = demo::open_on(settings, day).await?;
    let accounts = demo::furnish(&office, day).await?;
    let archivist = holder(&office, Role::Archivist)?;
    let rule = casework::acts::sign_standing_rule::SignStandingRule {
        text: "本案承办人、审核人、审批人自立案起至归档前可以查看本案音像记录。".into(),
        password: accounts.iter().find(|a| a.name == archivist.person.name).context("the archivist's account")?.password.clone(),
    };
    casework::acts::sign_standing_rule::sign_standing_rule(&office, &archivist, rule).await.map_err(anyhow::Error::new)?;
    let application = server::serve::application(office.clone(), DeskSettings::default());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(async move { axum::serve(listener, application.into_make_service()).await });
    for a in accounts {
        println!("account\t{}\t{}\t{}", a.role, a.account, a.password);
    }
    println!("ready");
    std::io::stdout().flush()?;
    loop {
        let line = tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().next()).await?;
        let Some(line) = line.transpose()? else { break };
        let moment: DateTime = line.trim().parse().with_context(|| format!("{line} is no moment"))?;
        office.run_jobs().await.map_err(anyhow::Error::new)?;
        office.clock().step_to(moment);
        office.run_jobs().await.map_err(anyhow::Error::new)?;
        println!("ok");
        std::io::stdout().flush()?;
    }
    office.close().await;
    Ok(())
}

fn holder(office: &Office, role: Role) -> anyhow::Result<Caller> {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).context("nobody holds the role")?;
    Ok(Caller::new(person.clone(), "test"))
}

/// Tells the story through the acts in a place of its own, and prints what was done, by whom, when.
async fn script(story: &str) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let day = match story {
        "ktv" => stories::KTV_BEGINS,
        "internet-cafe" => stories::INTERNET_CAFE_BEGINS,
        other => bail!("no story {other}"),
    };
    let office = demo::open_on(settings(place.path()), day).await?;
    let accounts = demo::furnish(&office, day).await?;
    let desk = Desk::new(office.clone());
    let docket = match story {
        "ktv" => stories::ktv(&desk, Default::default()).await?,
        _ => stories::internet_cafe(&desk, Default::default()).await?,
    };
    let case = docket.file().await?;
    ensure!(case.archived_at.is_some(), "the story ends in the archive");
    for record in &case.records {
        let name = office.person(&record.actor).map(|p| p.name).unwrap_or_default();
        let account = accounts.iter().find(|a| a.name == name).map(|a| a.account.clone()).unwrap_or_default();
        println!("{}", line(record, &account)?);
    }
    office.close().await;
    Ok(())
}

fn line(record: &Recorded, account: &str) -> anyhow::Result<Value> {
    let mut event = serde_json::to_value(&record.event)?;
    if let (Event::ClueRegistered { source, .. }, Some(object)) = (&record.event, event.as_object_mut()) {
        object.insert("source_title".into(), source.title().into());
    }
    Ok(json!({
        "sequence": record.sequence,
        "by": account,
        "recorded_at": record.recorded_at.to_string(),
        "from": record.happened.from.to_string(),
        "to": record.happened.to.map(|t| t.to_string()),
        "officers": record.envelope.officers.iter().map(|o| o.name.clone()).collect::<Vec<_>>(),
        "place": record.envelope.place,
        "event": event,
    }))
}
