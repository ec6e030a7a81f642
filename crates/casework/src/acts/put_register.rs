//! 登记的变更: a new state of a department, officer, power, law, cause or party. What stood before
//! stays; the city platform is told.

use crate::error::ActError;
use crate::office::{Caller, Office, Receipt};
use crate::permissions::edits_register;
use crate::registers::{RegisterName, Registered};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
pub struct PutRegister {
    pub register: RegisterName,
    /// The thing to change; none adds a new one.
    #[serde(default)]
    pub id: Option<String>,
    pub name: String,
    /// Today where it is not said.
    #[serde(default)]
    pub valid_from: Option<Date>,
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// By the keys of the register's columns.
    #[serde(default)]
    pub data: Map<String, Value>,
}

/// Puts a new state. The receipt's id is that of the thing.
pub async fn put_register(office: &Office, caller: &Caller, what: PutRegister) -> Result<Receipt, ActError> {
    office.allow(caller, edits_register(what.register), None)?;
    let stored = office.stored(what.register).await?;
    let id = match what.id {
        Some(id) if stored.contains_key(&id) || office.in_rulebook(what.register, &id) => id,
        Some(_) => return Err(ActError::NotFound),
        None => {
            let id = office.register_id(what.register, &what.name, &what.data, &stored);
            if stored.contains_key(&id) {
                return Err(ActError::Conflict("登记中已有这一项，请在原有的登记上变更".into()));
            }
            id
        }
    };
    let valid_from = what.valid_from.unwrap_or_else(|| office.now().date());
    let wanted =
        Registered { register: what.register, id, name: what.name, valid_from, valid_to: what.valid_to, data: what.data };
    let problems = office.register_problems(&wanted, &office.known().await?);
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    if stored.get(&wanted.id) == Some(&wanted) {
        return Err(ActError::field("name", "与现有登记相同，没有变更"));
    }
    let stream = wanted.stream();
    let _turn = office.inner().locks.lock(&[&stream.0]).await;
    let decision = office.put_all(caller, vec![wanted.clone()]).await?.made(wanted.id.clone());
    let receipt = office.commit(caller, decision, &Default::default(), vec![], None).await?;
    if wanted.register == RegisterName::Officers {
        office.load_directory().await?;
    }
    Ok(receipt)
}
