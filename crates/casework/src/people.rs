//! Accounts, sign-in, sessions: argon2id, an own session table, idle and absolute limits, lock-out
//! in the database. Persons are read from accounts and the officers' register together.

use crate::clock;
use crate::codec::ToRecord;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Opened, Receipt};
use crate::permissions::Power;
use crate::projections;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::{AccountRow, Change, Guard, SessionRow, TokenRow};
use jiff::civil::Date;
use procedure::event::{Event, Flaw, OfficerOverlap, Span};
use procedure::ids::*;
use procedure::people::{Certificate, OfficerSeen, Person, Role};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Idle for this long, a session must be renewed with the password.
const IDLE_US: i64 = 15 * 60 * 1_000_000;
/// A session ends after this long, whatever is done.
const ABSOLUTE_US: i64 = 8 * 3600 * 1_000_000;
const PASSWORD_CHARS_MIN: usize = 10;

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub person: Person,
    pub account: String,
    pub must_change: bool,
    /// Idle too long: what is asked now waits until the password is given again.
    pub stale: bool,
}

/// Why nobody was signed in. The reply does not say which of name and password was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInRefused {
    Wrong,
    LockedUntil(jiff::civil::DateTime),
}

/// Everyone who may act, and every officer ever registered, as of the last change.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub persons: BTreeMap<String, Person>,
}

/// Overlapping occupations of officers, and the guards that say decide saw them.
#[derive(Clone, Default)]
pub(crate) struct Overlaps {
    pub found: Vec<OfficerOverlap>,
    pub guards: Vec<Guard>,
    /// The cases whose records take the time already: they are told of the overlap.
    others: Vec<Opened>,
}

impl Office {
    /// Loads accounts and the officers' register anew.
    pub(crate) async fn load_directory(&self) -> Result<(), ActError> {
        let mut persons = BTreeMap::new();
        for row in self.database().register("officers", None).await? {
            if row.is_current {
                let person = officer(&row.id, &row.name, &row.data);
                persons.insert(row.id, person);
            }
        }
        for row in self.database().accounts().await? {
            let id = row.officer.clone().unwrap_or_else(|| row.id.clone());
            let person = persons.entry(id.clone()).or_insert_with(|| Person {
                id: PersonId(id),
                name: row.name.clone(),
                roles: vec![],
                department: DepartmentId(row.department.clone()),
                certificates: vec![],
                qualification: None,
            });
            person.roles = roles(&row.roles);
            person.department = DepartmentId(row.department.clone());
        }
        *self.inner().directory.write().unwrap_or_else(std::sync::PoisonError::into_inner) = std::sync::Arc::new(Directory { persons });
        Ok(())
    }

    pub fn directory(&self) -> std::sync::Arc<Directory> {
        self.inner().directory.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub fn person(&self, id: &PersonId) -> Option<Person> {
        self.directory().persons.get(&id.0).cloned()
    }

    /// Officers as an event on that day remembers them; an unknown one is invalid input.
    pub(crate) fn officers_seen(&self, ids: &[PersonId], day: Date) -> Result<Vec<OfficerSeen>, ActError> {
        let directory = self.directory();
        let mut seen: Vec<OfficerSeen> = vec![];
        for id in ids {
            let Some(person) = directory.persons.get(&id.0) else {
                return Err(ActError::field("officers", "不是登记的执法人员"));
            };
            if seen.iter().all(|s| s.id != *id) {
                seen.push(person.seen_on(day));
            }
        }
        Ok(seen)
    }

    pub(crate) fn officer_named(&self, name: &str, certificate: &str) -> Option<Person> {
        let directory = self.directory();
        let by_certificate = directory.persons.values().find(|p| p.certificates.iter().any(|c| c.number == certificate));
        let by_name = || directory.persons.values().find(|p| p.name == name && !p.name.is_empty());
        by_certificate.filter(|p| p.name == name).or_else(by_name).cloned()
    }

    /// Where these officers already stand at that time, in other streams.
    pub(crate) async fn overlaps(&self, officers: &[OfficerSeen], span: Span, home: &StreamId) -> Result<Overlaps, ActError> {
        let (from, to) = (clock::micros(span.from), clock::micros(span.end()));
        let mut overlaps = Overlaps::default();
        if from == to {
            return Ok(overlaps);
        }
        for officer in officers {
            let rows = self.database().occupations(&officer.id.0, from, to).await?;
            let mut seen = vec![];
            for row in rows {
                seen.push((row.stream.clone(), row.from_us, row.to_us));
                if row.stream != home.0 {
                    overlaps.found.push(OfficerOverlap {
                        officer: officer.id.clone(),
                        stream: StreamId(row.stream),
                        span: Span::between(clock::from_micros(row.from_us), clock::from_micros(row.to_us)),
                        what: "另一案件".into(),
                    });
                }
            }
            overlaps.guards.push(Guard::Occupied { officer: officer.id.0.clone(), from_us: from, to_us: to, seen });
        }
        let cases: BTreeSet<&StreamId> = overlaps.found.iter().map(|o| &o.stream).filter(|s| s.0.starts_with("case/")).collect();
        for stream in cases {
            overlaps.others.push(self.open_case(&CaseId(stream.subject().to_owned())).await?);
        }
        Ok(overlaps)
    }

    /// Writes the overlaps into the other cases as well, in the same act: the flaw sticks to the
    /// record there as it does here, and the registers of those cases follow.
    pub(crate) fn notice_overlaps(
        &self,
        caller: &Caller,
        overlaps: &Overlaps,
        officers: &[OfficerSeen],
        home: &StreamId,
        mut decision: Decision,
    ) -> Result<Decision, ActError> {
        let Some(check) = self.book().rules.checks.iter().find(|c| c.that == "officers-not-elsewhere") else { return Ok(decision) };
        for other in &overlaps.others {
            let stream = StreamId(format!("case/{}", other.case.id));
            let mut told = vec![];
            for overlap in overlaps.found.iter().filter(|o| o.stream == stream) {
                let known = other.case.records.iter().any(|r| {
                    r.happened == overlap.span
                        && matches!(&r.event, Event::OverlapNoticed { person, elsewhere } if *person == overlap.officer && elsewhere == home)
                });
                let Some(officer) = officers.iter().find(|o| o.id == overlap.officer).filter(|_| !known) else { continue };
                let record = other.case.papers.iter().find(|p| p.versions.iter().any(|v| v.happened == overlap.span));
                let mut envelope = self.envelope(caller);
                envelope.officers = vec![officer.clone()];
                envelope.flaws = vec![Flaw {
                    rule: check.id.clone(),
                    article: check.article.clone(),
                    severity: check.severity,
                    text: format!("{}在同一时间还在另一处执法（{}）", officer.name, overlap.what),
                    mend: check.mend.clone().unwrap_or_default(),
                    subject: record.map(|p| p.id.0.clone()).unwrap_or_default(),
                }];
                let event = Event::OverlapNoticed { person: overlap.officer.clone(), elsewhere: home.clone() };
                told.push(ToRecord { stream: stream.clone(), happened: overlap.span, envelope, event });
            }
            if told.is_empty() {
                continue;
            }
            decision.changes.extend(projections::after(self, other, &told, caller)?);
            decision.events.extend(told);
            let seen = other.case.versions.iter();
            decision.guards.extend(seen.map(|(stream, version)| Guard::StreamAt { stream: stream.0.clone(), version: *version }));
        }
        Ok(decision)
    }

    /// Takes the officers' time in a stream.
    pub(crate) fn occupy(&self, officers: &[OfficerSeen], span: Span, stream: &StreamId) -> Vec<Change> {
        let (from_us, to_us) = (clock::micros(span.from), clock::micros(span.end()));
        if from_us == to_us {
            return vec![];
        }
        officers
            .iter()
            .map(|o| Change::Occupy { officer: o.id.0.clone(), stream: stream.0.clone(), from_us, to_us, entry: 0 })
            .collect()
    }

    /// Signs in: uniform answers, counted failures, a new session each time.
    pub async fn sign_in(&self, account: &str, password: &str, station: &str) -> Result<Result<String, SignInRefused>, ActError> {
        let now_us = self.clock().now_us();
        let failures = self.database().sign_in_failures(account, station, now_us).await?;
        if let Some(until) = failures.locked_until_us.filter(|u| *u > now_us) {
            return Ok(Err(SignInRefused::LockedUntil(clock::from_micros(until))));
        }
        let row = self.database().account(account).await?.filter(|a| !a.disabled);
        // An unknown account costs the same time as a wrong password.
        let hash = row.as_ref().map_or_else(|| self.inner().decoy_hash.clone(), |a| a.password_hash.clone());
        let holds = self.verify_password(hash, password.to_owned()).await?;
        match row.filter(|_| holds) {
            Some(row) => {
                self.database().clear_failed_sign_ins(account.to_owned(), station.to_owned()).await?;
                let token = random_token()?;
                let session = SessionRow {
                    token_digest: token_digest(&token),
                    account: row.id,
                    created_us: now_us,
                    seen_us: now_us,
                    expires_us: now_us + ABSOLUTE_US,
                    renewed_us: None,
                    station: station.to_owned(),
                };
                self.database().open_session(session).await?;
                Ok(Ok(token))
            }
            None => {
                let failures = self.database().note_failed_sign_in(account.to_owned(), station.to_owned(), now_us).await?;
                Ok(Err(match failures.locked_until_us.filter(|u| *u > now_us) {
                    Some(until) => SignInRefused::LockedUntil(clock::from_micros(until)),
                    None => SignInRefused::Wrong,
                }))
            }
        }
    }

    /// The person behind a session's token; a stale session is said to be so, not dropped.
    pub async fn session(&self, token: &str) -> Result<Option<SignedIn>, ActError> {
        let digest = token_digest(token);
        let Some(session) = self.database().session(&digest).await? else { return Ok(None) };
        let now_us = self.clock().now_us();
        let stale = now_us >= session.expires_us || now_us - session.seen_us.max(session.renewed_us.unwrap_or(0)) > IDLE_US;
        let Some(signed_in) = self.signed_in(&session.account, stale).await? else { return Ok(None) };
        // One write a minute is enough to know that somebody is there.
        if !stale && now_us - session.seen_us > 60_000_000 {
            self.database().touch_session(digest, now_us).await?;
        }
        Ok(Some(signed_in))
    }

    /// Renews a stale session in place with the password; no text is lost.
    pub async fn renew_session(&self, token: &str, password: &str) -> Result<bool, ActError> {
        let digest = token_digest(token);
        let Some(session) = self.database().session(&digest).await? else { return Ok(false) };
        let Some(account) = self.database().account_by_id(&session.account).await?.filter(|a| !a.disabled) else { return Ok(false) };
        let now_us = self.clock().now_us();
        let failures = self.database().sign_in_failures(&account.account, &session.station, now_us).await?;
        if failures.locked_until_us.is_some_and(|u| u > now_us) {
            return Ok(false);
        }
        if !self.verify_password(account.password_hash, password.to_owned()).await? {
            self.database().note_failed_sign_in(account.account, session.station, now_us).await?;
            return Ok(false);
        }
        self.database().renew_session(digest, now_us, now_us + ABSOLUTE_US).await?;
        Ok(true)
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), ActError> {
        Ok(self.database().close_session(token_digest(token)).await?)
    }

    /// The person behind an API token.
    pub async fn bearer(&self, token: &str) -> Result<Option<SignedIn>, ActError> {
        let Some(row) = self.database().token(&token_digest(token)).await? else { return Ok(None) };
        let now_us = self.clock().now_us();
        if row.revoked_us.is_some() || row.expires_us.is_some_and(|e| e <= now_us) {
            return Ok(None);
        }
        self.signed_in(&row.account, false).await
    }

    async fn signed_in(&self, account: &str, stale: bool) -> Result<Option<SignedIn>, ActError> {
        let Some(row) = self.database().account_by_id(account).await?.filter(|a| !a.disabled) else { return Ok(None) };
        let id = PersonId(row.officer.clone().unwrap_or_else(|| row.id.clone()));
        let Some(person) = self.person(&id) else { return Ok(None) };
        Ok(Some(SignedIn { person, account: row.account, must_change: row.must_change, stale }))
    }

    /// Whether this is the person's password, asked for again before an approval.
    pub(crate) async fn password_holds(&self, person: &PersonId, password: &str) -> Result<bool, ActError> {
        let Some(row) = self.account_of(person).await? else { return Ok(false) };
        let now_us = self.clock().now_us();
        let holds = self.verify_password(row.password_hash.clone(), password.to_owned()).await?;
        if !holds {
            self.database().note_failed_sign_in(row.account, "approval".into(), now_us).await?;
        }
        Ok(holds)
    }

    pub(crate) async fn account_of(&self, person: &PersonId) -> Result<Option<AccountRow>, ActError> {
        if let Some(row) = self.database().account_by_id(&person.0).await? {
            return Ok(Some(row));
        }
        Ok(self.database().accounts().await?.into_iter().find(|a| a.officer.as_deref() == Some(&person.0)))
    }

    /// Roles delegated to a person now, and by whom.
    pub(crate) async fn delegated_roles(&self, person: &PersonId) -> Result<Vec<(Role, PersonId)>, ActError> {
        let rows = self.database().delegations_to(&person.0, self.clock().now_us()).await?;
        Ok(rows.into_iter().filter_map(|r| Some((Role::parse(&r.scope)?, PersonId(r.from_officer)))).collect())
    }

    /// Checks a password off the async threads, two at once: argon2 takes memory and time.
    async fn verify_password(&self, hash: String, password: String) -> Result<bool, ActError> {
        let _permit = self.inner().hashing.acquire().await.map_err(|e| ActError::Failure(e.into()))?;
        let holds = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|parsed| argon().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await;
        holds.map_err(|e| ActError::Failure(e.into()))
    }

    /// Adds or changes an account; every change is an entry. The receipt's id is the account's.
    ///
    /// # Errors
    /// `NotAllowed` for all but the security administrator and the machine's own command line.
    pub async fn put_account(&self, caller: &Caller, what: PutAccount) -> Result<Receipt, ActError> {
        let of_the_machine = [self.system(), self.operator()].iter().any(|own| own.person == caller.person);
        if !of_the_machine {
            self.allow(caller, Power::ManageAccounts, None)?;
        }
        let roles: Vec<String> = what.roles.iter().map(|r| r.code().to_owned()).collect();
        let known = self.database().account(&what.account).await?;
        let password_hash = match (&what.password, &known) {
            (Some(password), _) => self.hash_password(password).await?,
            (None, Some(row)) => row.password_hash.clone(),
            (None, None) => return Err(ActError::field("password", "请设定初始口令")),
        };
        let id = known.as_ref().map_or_else(|| what.officer.clone().unwrap_or_else(Office::new_id), |row| row.id.clone());
        let row = AccountRow {
            id: id.clone(),
            account: what.account.clone(),
            officer: what.officer.clone(),
            name: what.name.clone(),
            password_hash,
            roles: Value::from(roles.clone()).to_string(),
            department: what.department.clone(),
            must_change: what.must_change,
            disabled: what.disabled,
            created_us: known.map_or_else(|| self.clock().now_us(), |row| row.created_us),
        };
        let person = PersonId(what.officer.unwrap_or_else(|| id.clone()));
        let event = Event::AccountChanged { person: person.clone(), what: if what.disabled { "停用" } else { "设定" }.into(), roles };
        let mut decision = Decision::event(StreamId::person(&person), Span::at(self.now()), self.envelope(caller), event).made(id.clone());
        decision.changes.push(Change::PutAccount(row));
        let receipt = self.commit(caller, decision, &BTreeSet::new(), vec![], None).await?;
        if what.disabled {
            self.database().close_sessions_of(id).await?;
        }
        self.load_directory().await?;
        Ok(receipt)
    }

    /// Changes one's own password; all other sessions end.
    pub async fn change_password(&self, caller: &Caller, old: &str, new: &str) -> Result<(), ActError> {
        if !self.password_holds(&caller.person.id, old).await? {
            return Err(ActError::field("old", "原口令不正确"));
        }
        if new.chars().count() < PASSWORD_CHARS_MIN {
            return Err(ActError::field("new", format!("新口令至少{PASSWORD_CHARS_MIN}个字符")));
        }
        if new == old {
            return Err(ActError::field("new", "新口令不能与原口令相同"));
        }
        let Some(mut row) = self.account_of(&caller.person.id).await? else { return Err(ActError::NotFound) };
        row.password_hash = self.hash_password(new).await?;
        row.must_change = false;
        let event = Event::AccountChanged { person: caller.person.id.clone(), what: "更改口令".into(), roles: vec![] };
        let mut decision = Decision::event(StreamId::person(&caller.person.id), Span::at(self.now()), self.envelope(caller), event);
        let account = row.id.clone();
        decision.changes.push(Change::PutAccount(row));
        self.commit(caller, decision, &BTreeSet::new(), vec![], None).await?;
        self.database().close_sessions_of(account).await?;
        Ok(())
    }

    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, ActError> {
        let _permit = self.inner().hashing.acquire().await.map_err(|e| ActError::Failure(e.into()))?;
        let password = password.to_owned();
        let hash = tokio::task::spawn_blocking(move || hash_password(&password)).await;
        hash.map_err(|e| ActError::Failure(e.into()))?
    }

    /// Makes an API token for an account; it is shown once. Only its digest is kept.
    pub async fn make_token(&self, account: &str, name: &str) -> Result<String, ActError> {
        let row = self.database().account(account).await?.ok_or(ActError::NotFound)?;
        let token = random_token()?;
        let person = PersonId(row.officer.clone().unwrap_or_else(|| row.id.clone()));
        let caller = Caller::new(self.person(&person).ok_or(ActError::NotFound)?, "command line");
        let event = Event::AccountChanged { person: person.clone(), what: "签发接口令牌".into(), roles: vec![] };
        let mut decision = Decision::event(StreamId::person(&person), Span::at(self.now()), self.envelope(&caller), event);
        decision.changes.push(Change::PutToken(TokenRow {
            token_digest: token_digest(&token),
            id: Office::new_id(),
            account: row.id,
            name: name.to_owned(),
            scopes: "*".into(),
            created_us: self.clock().now_us(),
            expires_us: None,
            revoked_us: None,
        }));
        self.commit(&caller, decision, &BTreeSet::new(), vec![], None).await?;
        Ok(token)
    }
}

/// An account as it shall be.
#[derive(Clone, Debug)]
pub struct PutAccount {
    pub account: String,
    pub officer: Option<String>,
    pub name: String,
    pub password: Option<String>,
    pub roles: Vec<Role>,
    pub department: String,
    pub must_change: bool,
    pub disabled: bool,
}

fn argon() -> Argon2<'static> {
    // 19 MiB, two passes: what OWASP names as the least; two at once stay under 64 MiB.
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

pub(crate) fn hash_password(password: &str) -> Result<String, ActError> {
    let hash = argon().hash_password(password.as_bytes());
    hash.map(|h| h.to_string()).map_err(|e| ActError::Failure(anyhow::anyhow!("cannot hash a password: {e}")))
}

fn random_token() -> Result<String, ActError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| ActError::Failure(anyhow::anyhow!("no randomness: {e}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn token_digest(token: &str) -> String {
    ledger::digest::sha256(token.as_bytes()).to_string()
}

fn roles(json: &str) -> Vec<Role> {
    let codes: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    codes.iter().filter_map(|c| Role::parse(c)).collect()
}

/// A person from the officers' register: certificates with their terms, qualification.
fn officer(id: &str, name: &str, data: &str) -> Person {
    let data: Map<String, Value> = serde_json::from_str(data).unwrap_or_default();
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let certificates: Vec<Certificate> =
        data.get("certificates").cloned().and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
    Person {
        id: PersonId(id.to_owned()),
        name: name.to_owned(),
        roles: vec![],
        department: DepartmentId(text("department")),
        certificates,
        qualification: Some(text("qualification")).filter(|q| !q.is_empty()),
    }
}
