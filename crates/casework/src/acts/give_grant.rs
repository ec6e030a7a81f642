//! 批准调阅 (Art. 26): an archivist gives the grant somebody else asked for, as asked or less.

use crate::acts::request_grant::{case_of, still_asked};
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::viewing::{ARTICLE, GrantState, add_given};
use jiff::civil::DateTime;
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct GiveGrant {
    pub grant: GrantId,
    /// Sooner than asked for.
    #[serde(default)]
    pub until: Option<DateTime>,
    /// To be seen only, though a copy was asked for.
    #[serde(default)]
    pub view_only: bool,
}

pub async fn give_grant(office: &Office, caller: &Caller, what: GiveGrant) -> Result<Receipt, ActError> {
    let case = case_of(office, &what.grant).await?;
    office
        .act_on_grants(caller, &case, "give-grant", |row| row.id == what.grant.0, |sight| {
            let opened = &sight.opened;
            office.allow(caller, Power::GrantViewing, Some(&opened.case))?;
            let mut grant = sight.grant(&what.grant)?.clone();
            if grant.person == caller.person.id {
                return Err(Office::refuse("give-grant", ARTICLE, "不能批准自己的调阅申请，请由其他档案管理员批准", ""));
            }
            still_asked(&grant)?;
            if let Some(until) = what.until {
                if grant.to.is_some_and(|asked| until > asked) {
                    return Err(ActError::field("until", "截止时间不能晚于申请的时间"));
                }
                grant.to = Some(until);
            }
            if grant.to.is_some_and(|to| to <= opened.now) {
                return Err(ActError::field("until", "截止时间须晚于现在"));
            }
            grant.copy = grant.copy && !what.view_only;
            grant.approver = Some(caller.person.id.clone());
            grant.from = opened.now;
            grant.state = GrantState::Open;
            let mut decision = Decision::default();
            add_given(opened, &grant, &caller.person.name, &mut decision);
            Ok(decision.made(grant.id.0.clone()))
        })
        .await
}
