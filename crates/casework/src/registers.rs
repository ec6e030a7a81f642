//! The registers (登记): departments, officers with their certificates, powers, laws, causes of
//! action, parties. Every state is an entry and stays; what counts on a day is read from them.
//! One page shows each of them by its Chinese column descriptions.

mod fields;
mod rows;

pub(crate) use fields::party_kind;
pub use fields::{Column, RegisterName};
pub use rows::{RegisterLine, RegisterView};

use crate::codec::ToRecord;
use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Decision, Office};
use crate::permissions::sees_register;
use database::{Change, Guard, RegisterRow};
use jiff::civil::Date;
use procedure::event::{Event, Party, Span};
use procedure::ids::StreamId;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One thing's state as it shall stand in a register from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    pub register: RegisterName,
    /// Meaningless where it names a person, for it stands in the ledger's leaf.
    pub id: String,
    pub name: String,
    pub valid_from: Date,
    /// The last day of validity; none where no end is set.
    pub valid_to: Option<Date>,
    pub data: Map<String, Value>,
}

/// What the checks of a row must know of the other registers.
pub(crate) struct Known {
    pub departments: BTreeMap<String, String>,
    /// Certificate number → officer id.
    pub certificates: BTreeMap<String, String>,
}

impl Office {
    /// A register as it stands, or as it stood on a day. Laws and causes of the rulebook that were
    /// never changed by hand are there too.
    ///
    /// # Errors
    /// `NotAllowed` for those who may not see registers.
    pub async fn register_rows(&self, caller: &Caller, register: RegisterName, on: Option<Date>) -> Result<RegisterView, ActError> {
        self.allow(caller, sees_register(register), None)?;
        let mut stored = self.database().register(register.code(), on.map(|d| d.to_string()).as_deref()).await?;
        let today = self.now().date();
        let ids: std::collections::BTreeSet<String> = stored.iter().map(|r| r.id.clone()).collect();
        let unchanged = self.rulebook_rows(register)?.into_iter().filter(|r| !ids.contains(&r.id));
        let unchanged = unchanged.filter(|r| on.is_none_or(|day| r.valid_from <= day && r.valid_to.is_none_or(|to| day <= to)));
        stored.extend(unchanged.map(|r| row(&r)));
        let known = self.known().await?;
        Ok(rows::view(register, stored, &known.departments, on.unwrap_or(today)))
    }

    /// All states of one thing, oldest first.
    ///
    /// # Errors
    /// `NotFound` where the register never held it.
    pub async fn register_history(&self, caller: &Caller, register: RegisterName, id: &str) -> Result<RegisterView, ActError> {
        self.allow(caller, sees_register(register), None)?;
        let mut stored = self.database().register_history(register.code(), id).await?;
        if stored.is_empty() {
            stored.extend(self.rulebook_rows(register)?.iter().filter(|r| r.id == id).map(row));
        }
        if stored.is_empty() {
            return Err(ActError::NotFound);
        }
        let known = self.known().await?;
        let today = self.now().date();
        Ok(rows::view_in_order(register, stored, &known.departments, today))
    }

    /// What the register knows of a number: the party's states, oldest first.
    pub async fn party_history(&self, caller: &Caller, id_number: &str) -> Result<RegisterView, ActError> {
        self.register_history(caller, RegisterName::Parties, &self.party_register_id(id_number)).await
    }

    /// Puts laws and causes of the rulebook into the registers where they differ from what stands
    /// there, and says how many were put. Doing it again puts nothing.
    pub async fn seed_registers(&self) -> Result<usize, ActError> {
        let mut changed = vec![];
        for register in [RegisterName::Laws, RegisterName::Causes] {
            let stored = self.stored(register).await?;
            for wanted in self.rulebook_rows(register)? {
                if stored.get(&wanted.id) != Some(&wanted) {
                    changed.push(wanted);
                }
            }
        }
        let count = changed.len();
        if count > 0 {
            let caller = self.system();
            let decision = self.put_all(&caller, changed).await?;
            self.commit(&caller, decision, &Default::default(), vec![], None).await?;
        }
        Ok(count)
    }

    /// What `record_party` puts into the parties' register beside its own event; nothing for
    /// minors, for whoever has no number, and where nothing changed.
    pub(crate) async fn register_party(&self, party: &Party) -> Result<Option<PartyRegistration>, ActError> {
        if self.party_stream(party).is_none() {
            return Ok(None);
        }
        let number = party.id_number.trim();
        let id = self.party_register_id(number);
        let known = self.database().register_history(RegisterName::Parties.code(), &id).await?;
        let version = self.database().stream_version(&StreamId::register(RegisterName::Parties.code(), &id).0).await?;
        if known.is_empty() && version > 0 {
            // Taken out when the party turned out to be protected: it does not come back.
            return Ok(None);
        }
        let known = known.into_iter().rev().find(|r| r.is_current).as_ref().and_then(|r| registered(RegisterName::Parties, r));
        let mut data = known.as_ref().map(|k| k.data.clone()).unwrap_or_default();
        data.insert("kind".into(), json!(party.kind));
        for (name, text) in [
            ("id_number", number),
            ("legal_representative", party.legal_representative.trim()),
            ("address", party.address.trim()),
            ("phone", party.phone.trim()),
        ] {
            if !text.is_empty() {
                data.insert(name.into(), text.into());
            }
        }
        let today = self.now().date();
        let valid_from = known.as_ref().map_or(today, |k| k.valid_from);
        let mut wanted =
            Registered { register: RegisterName::Parties, id, name: party.name.clone(), valid_from, valid_to: None, data };
        if known.as_ref() == Some(&wanted) {
            return Ok(None);
        }
        wanted.valid_from = today;
        Ok(Some(PartyRegistration { wanted, version }))
    }

    /// The stream of a party in the register; none for minors and for whoever has no number.
    pub(crate) fn party_stream(&self, party: &Party) -> Option<StreamId> {
        let number = party.id_number.trim();
        let registered = !party.minor && !number.is_empty() && number != "/";
        registered.then(|| StreamId::register(RegisterName::Parties.code(), &self.party_register_id(number)))
    }

    /// The id a party stands under: a keyed digest of its number, so that the leaf says nothing.
    pub(crate) fn party_register_id(&self, id_number: &str) -> String {
        self.keyed_id("parties", &id_number.trim().to_ascii_uppercase())
    }

    /// The id a new thing gets: its code where it has one, else one that says nothing.
    pub(crate) fn register_id(
        &self,
        register: RegisterName,
        name: &str,
        data: &Map<String, Value>,
        stored: &BTreeMap<String, Registered>,
    ) -> String {
        let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().trim();
        match register {
            RegisterName::Departments | RegisterName::Powers => text("code").to_owned(),
            RegisterName::Officers => {
                let same = stored.values().find(|r| r.data.get("account").and_then(Value::as_str) == Some(text("account")));
                same.map_or_else(|| self.keyed_id("officers", text("account")), |r| r.id.clone())
            }
            RegisterName::Parties => self.party_register_id(text("id_number")),
            RegisterName::Laws | RegisterName::Causes => {
                let same = stored.values().find(|r| r.name == name);
                same.map_or_else(|| self.keyed_id(register.code(), name), |r| r.id.clone())
            }
        }
    }

    pub(crate) fn in_rulebook(&self, register: RegisterName, id: &str) -> bool {
        match register {
            RegisterName::Laws => self.book().laws.iter().any(|l| l.id == id),
            RegisterName::Causes => self.book().causes.contains_key(id),
            _ => false,
        }
    }

    pub(crate) fn keyed_id(&self, register: &str, value: &str) -> String {
        let token = self.inner().keys.index_token(&format!("register/{register}"), value);
        hex::encode(token.get(..16).unwrap_or_default())
    }

    /// Entries, rows, outbox and guards of states to be put, in one decision.
    pub(crate) async fn put_all(&self, caller: &Caller, wanted: Vec<Registered>) -> Result<Decision, ActError> {
        let mut decision = Decision::default();
        for one in wanted {
            let version = self.database().stream_version(&one.stream().0).await?;
            decision = put(self, caller, decision, &one, version);
        }
        Ok(decision)
    }

    /// The latest state of everything in a register, by id.
    pub(crate) async fn stored(&self, register: RegisterName) -> Result<BTreeMap<String, Registered>, ActError> {
        let rows = self.database().register(register.code(), None).await?;
        Ok(rows.iter().filter_map(|r| Some((r.id.clone(), registered(register, r)?))).collect())
    }

    pub(crate) async fn known(&self) -> Result<Known, ActError> {
        let departments = self.database().register(RegisterName::Departments.code(), None).await?;
        let directory = self.directory();
        Ok(Known {
            departments: departments.into_iter().map(|r| (r.id, r.name)).collect(),
            certificates: directory
                .persons
                .values()
                .flat_map(|p| p.certificates.iter().map(|c| (c.number.clone(), p.id.0.clone())))
                .collect(),
        })
    }

    /// What is wrong with a state, in the words of its columns.
    pub(crate) fn register_problems(&self, wanted: &Registered, known: &Known) -> Vec<FieldProblem> {
        let mut problems = fields::problems(wanted, self.book(), known, self.now().date());
        if wanted.valid_to.is_some_and(|to| to < wanted.valid_from) {
            problems.push(FieldProblem { field: "valid_to".into(), message: "有效期止早于有效期起".into() });
        }
        problems
    }

    /// Laws and causes as the rulebook knows them.
    fn rulebook_rows(&self, register: RegisterName) -> Result<Vec<Registered>, ActError> {
        let mut all = vec![];
        let edition_begins = self.book().edition.edition.parse::<Date>().unwrap_or(jiff::civil::date(2019, 9, 30));
        match register {
            RegisterName::Laws => {
                for law in &self.book().laws {
                    let Value::Object(mut data) = serde_json::to_value(law)? else { continue };
                    data.remove("id");
                    data.remove("title");
                    let from = data.get("versions").and_then(|v| v.get(0)).and_then(|v| v.get("from")).and_then(Value::as_str);
                    let valid_from = from.and_then(|f| f.parse().ok()).unwrap_or(edition_begins);
                    all.push(Registered { register, id: law.id.clone(), name: law.title.clone(), valid_from, valid_to: None, data });
                }
            }
            RegisterName::Causes => {
                for cause in self.book().causes.values() {
                    let Value::Object(mut data) = serde_json::to_value(cause)? else { continue };
                    data.remove("id");
                    data.remove("title");
                    all.push(Registered {
                        register,
                        id: cause.id.clone(),
                        name: cause.title.clone(),
                        valid_from: edition_begins,
                        valid_to: None,
                        data,
                    });
                }
            }
            _ => {}
        }
        Ok(all)
    }
}

/// A party's new state, ready to join the decision that records the party in its case.
pub(crate) struct PartyRegistration {
    wanted: Registered,
    version: u64,
}

impl PartyRegistration {
    /// Adds the entry in the party's own stream, its row, the outbox and the guard.
    pub fn join(&self, office: &Office, caller: &Caller, decision: Decision) -> Decision {
        put(office, caller, decision, &self.wanted, self.version)
    }
}

impl Registered {
    pub fn stream(&self) -> StreamId {
        StreamId::register(self.register.code(), &self.id)
    }
}

fn put(office: &Office, caller: &Caller, mut decision: Decision, wanted: &Registered, version: u64) -> Decision {
    let stream = wanted.stream();
    let entry = decision.events.len();
    let event = Event::RegisterChanged {
        register: wanted.register.code().to_owned(),
        id: wanted.id.clone(),
        name: wanted.name.clone(),
        valid_from: wanted.valid_from,
        valid_to: wanted.valid_to,
        data: wanted.data.clone(),
    };
    decision.events.push(ToRecord {
        stream: stream.clone(),
        happened: Span::at(office.now()),
        envelope: office.envelope(caller),
        event,
    });
    decision.guards.push(Guard::StreamAt { stream: stream.0.clone(), version });
    decision.changes.push(Change::PutRegister { row: row(wanted), entry });
    let payload = json!({
        "register": wanted.register.code(), "id": wanted.id, "name": wanted.name,
        "valid_from": wanted.valid_from, "valid_to": wanted.valid_to, "data": wanted.data,
    });
    decision.changes.push(Change::Outbox {
        kind: "city-platform".into(),
        key: format!("{stream}/{}", version + 1),
        payload: payload.to_string(),
        created_us: office.clock().now_us(),
    });
    decision
}

fn row(wanted: &Registered) -> RegisterRow {
    RegisterRow {
        register: wanted.register.code().to_owned(),
        id: wanted.id.clone(),
        sequence: 0,
        valid_from: Some(wanted.valid_from.to_string()),
        valid_to: wanted.valid_to.map(|d| d.to_string()),
        name: wanted.name.clone(),
        data: Value::Object(wanted.data.clone()).to_string(),
        is_current: true,
    }
}

fn registered(register: RegisterName, row: &RegisterRow) -> Option<Registered> {
    Some(Registered {
        register,
        id: row.id.clone(),
        name: row.name.clone(),
        valid_from: row.valid_from.as_deref()?.parse().ok()?,
        valid_to: row.valid_to.as_deref().and_then(|d| d.parse().ok()),
        data: serde_json::from_str(&row.data).ok()?,
    })
}
