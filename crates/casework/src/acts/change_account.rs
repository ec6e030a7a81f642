//! 账号管理: the security administrator adds an account, sets its roles, disables it, or gives it a
//! new first password. The three administrators stay apart from each other and from all casework,
//! and nobody changes the own account.

use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Office, Receipt};
use crate::people::PutAccount;
use crate::permissions::Power;
use procedure::people::Role;
use serde::Deserialize;

const PASSWORD_CHARS_MIN: usize = 10;

#[derive(Clone, Deserialize)]
pub struct ChangeAccount {
    pub account: String,
    pub name: String,
    /// The officer of the register this account belongs to; none for people who are no officers.
    #[serde(default)]
    pub officer: Option<String>,
    pub department: String,
    pub roles: Vec<Role>,
    /// A first password, to be changed at the first sign-in; none keeps the present one.
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub disabled: bool,
    /// The account is there already; without this an account of the same name is not overwritten.
    #[serde(default)]
    pub existing: bool,
}

/// Adds or changes an account. The receipt's id is the account's.
pub async fn change_account(office: &Office, caller: &Caller, what: ChangeAccount) -> Result<Receipt, ActError> {
    office.allow(caller, Power::ManageAccounts, None)?;
    let account = what.account.trim().to_owned();
    let known = office.database().account(&account).await?;
    if what.existing && known.is_none() {
        return Err(ActError::NotFound);
    }
    let own = known.as_ref().is_some_and(|k| k.id == caller.person.id.0 || k.officer.as_deref() == Some(&caller.person.id.0));
    if own {
        return Err(ActError::NotAllowed("不能变更自己的账号，请由另一位安全管理员办理".into()));
    }
    let mut problems = vec![];
    let mut wrong = |field: &str, message: String| problems.push(FieldProblem { field: field.into(), message });
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if account.is_empty() || account.len() > 40 || !account.chars().all(plain) {
        wrong("account", "账号由字母、数字、连字符、下划线或者点组成，不超过40个字符".into());
    }
    if !what.existing && known.is_some() {
        wrong("account", "已经有这个账号".into());
    }
    if what.name.trim().is_empty() {
        wrong("name", "请填写姓名".into());
    }
    if what.department.trim().is_empty() {
        wrong("department", "请选择所在机构".into());
    }
    if what.roles.is_empty() && !what.disabled {
        wrong("roles", "请至少选择一个岗位".into());
    }
    let administrators = what.roles.iter().filter(|r| r.is_administrator()).count();
    if administrators > 0 && what.roles.len() > 1 {
        wrong("roles", "系统管理员、安全管理员、审计管理员应当分设，也不能兼任办案岗位".into());
    }
    match &what.password {
        None if known.is_none() => wrong("password", "请设定初始口令".into()),
        Some(password) if password.chars().count() < PASSWORD_CHARS_MIN => {
            wrong("password", format!("口令至少{PASSWORD_CHARS_MIN}个字符"));
        }
        _ => {}
    }
    if let Some(officer) = what.officer.as_deref().filter(|o| known.as_ref().is_none_or(|k| k.officer.as_deref() != Some(o))) {
        if !office.directory().persons.contains_key(officer) {
            wrong("officer", "执法人员登记中没有这个人".into());
        } else if office.database().accounts().await?.iter().any(|a| a.officer.as_deref() == Some(officer)) {
            wrong("officer", "这名执法人员已经有账号".into());
        }
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let must_change = what.password.is_some() || known.as_ref().is_some_and(|k| k.must_change);
    let put = PutAccount {
        account,
        officer: what.officer.or_else(|| known.and_then(|k| k.officer)),
        name: what.name.trim().to_owned(),
        password: what.password,
        roles: what.roles,
        department: what.department,
        must_change,
        disabled: what.disabled,
    };
    office.put_account(caller, put).await
}
