//! What each register holds: its columns in Chinese, and what can be wrong with a row.

use super::{Known, Registered};
use crate::error::FieldProblem;
use crate::forms;
use jiff::civil::Date;
use procedure::event::{Party, PartyKind};
use procedure::identifiers::CertificateNumber;
use procedure::people::Certificate;
use procedure::rulebook::Rulebook;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The registers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterName {
    Departments,
    Officers,
    Powers,
    Laws,
    Causes,
    Parties,
}

/// One column of a register: its key in the data (and English header of a CSV), its Chinese title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub key: &'static str,
    pub title: &'static str,
    /// Other Chinese headers the column is known by in files.
    pub also: &'static [&'static str],
    pub required: bool,
}

const fn column(key: &'static str, title: &'static str) -> Column {
    Column { key, title, also: &[], required: false }
}

const fn required(key: &'static str, title: &'static str) -> Column {
    Column { key, title, also: &[], required: true }
}

impl RegisterName {
    pub const ALL: [RegisterName; 6] =
        [Self::Departments, Self::Officers, Self::Powers, Self::Laws, Self::Causes, Self::Parties];

    pub fn code(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::Officers => "officers",
            Self::Powers => "powers",
            Self::Laws => "laws",
            Self::Causes => "causes",
            Self::Parties => "parties",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Departments => "执法机构",
            Self::Officers => "执法人员和证件",
            Self::Powers => "执法职权",
            Self::Laws => "法律法规",
            Self::Causes => "案由",
            Self::Parties => "当事人",
        }
    }

    /// What the name of a row is called in this register.
    pub fn name_title(self) -> &'static str {
        match self {
            Self::Departments => "机构名称",
            Self::Officers => "姓名",
            Self::Powers => "职权名称",
            Self::Laws => "法律法规名称",
            Self::Causes => "案由",
            Self::Parties => "名称（姓名）",
        }
    }

    /// The columns beside name and validity, in the order of the page.
    pub fn columns(self) -> &'static [Column] {
        const DEPARTMENTS: &[Column] =
            &[required("code", "机构编码"), column("parent", "上级机构"), column("kind", "机构类别"), column("note", "备注")];
        const OFFICERS: &[Column] = &[
            Column { key: "account", title: "账号", also: &["工号"], required: true },
            Column { key: "department", title: "所在机构", also: &["部门", "机构编码"], required: true },
            column("duty", "职务"),
            Column { key: "certificates", title: "执法证件", also: &[], required: false },
            column("qualification", "法律职业资格证号"),
            Column { key: "phone", title: "电话", also: &["联系电话"], required: false },
            column("note", "备注"),
        ];
        const POWERS: &[Column] = &[
            required("code", "职权编码"),
            required("kind", "职权类型"),
            column("cause", "案由编码"),
            Column { key: "departments", title: "承办机构", also: &["机构编码"], required: false },
            column("note", "备注"),
        ];
        const LAWS: &[Column] = &[
            column("citation", "文号或者通过时间"),
            column("issuer", "制定机关"),
            column("rank", "效力级别"),
            column("versions", "施行期间"),
            column("verified", "核实"),
            column("note", "备注"),
        ];
        const CAUSES: &[Column] = &[
            column("domain", "领域"),
            column("articles_violated", "违反的条款"),
            column("articles_penalty", "处罚依据"),
            column("range_text", "法定幅度"),
            column("verified", "核实"),
            column("note", "备注"),
        ];
        const PARTIES: &[Column] = &[
            Column { key: "kind", title: "当事人类型", also: &["类型"], required: true },
            Column { key: "id_number", title: "统一社会信用代码（身份证件号码）", also: &["统一社会信用代码", "身份证件号码", "证件号码"], required: true },
            Column { key: "legal_representative", title: "法定代表人（负责人、经营者）", also: &["法定代表人", "负责人"], required: false },
            Column { key: "address", title: "住所（住址）", also: &["住所", "地址"], required: false },
            Column { key: "phone", title: "联系电话", also: &["电话"], required: false },
            column("domain", "领域"),
            column("licence", "许可证"),
            column("note", "备注"),
        ];
        match self {
            Self::Departments => DEPARTMENTS,
            Self::Officers => OFFICERS,
            Self::Powers => POWERS,
            Self::Laws => LAWS,
            Self::Causes => CAUSES,
            Self::Parties => PARTIES,
        }
    }
}

pub(super) const POWER_KINDS: &[&str] = &["行政处罚", "行政检查", "行政强制", "行政许可", "行政确认", "行政奖励", "其他"];

/// Codes that stand in the data and what a page shows for them.
pub(super) fn shown(register: RegisterName, key: &str, code: &str) -> Option<&'static str> {
    Some(match (register, key, code) {
        (RegisterName::Departments, "kind", code) => match code {
            "agency" => "行政机关",
            "office" => "综合机构",
            "legal-review" => "法制审核机构",
            "archive" => "档案机构",
            "enforcement" => "执法机构",
            "administration" => "信息管理机构",
            "superior" => "上级机关",
            _ => return None,
        },
        (RegisterName::Parties, "kind", code) => party_kind(code)?.title(),
        (RegisterName::Laws, "rank", code) => match code {
            "law" => "法律",
            "administrative-regulation" => "行政法规",
            "local-regulation" => "地方性法规",
            "department-rule" => "部门规章",
            "judicial-interpretation" => "司法解释",
            "policy" => "政策文件",
            "form" => "文书格式",
            "bureau-rule" => "本机关制度",
            _ => return None,
        },
        (RegisterName::Causes | RegisterName::Parties, "domain", code) => match code {
            "internet-cafe" => "互联网上网服务营业场所",
            "entertainment" => "娱乐场所",
            "performance" => "营业性演出",
            "tourism" => "旅游",
            "publication" => "出版物",
            _ => return None,
        },
        _ => return None,
    })
}

/// The kind of a party by its code or its Chinese title.
pub(crate) fn party_kind(text: &str) -> Option<PartyKind> {
    let kinds = [
        (PartyKind::Person, "person"),
        (PartyKind::Organisation, "organisation"),
        (PartyKind::IndividualBusiness, "individual-business"),
    ];
    kinds.into_iter().find(|(kind, code)| *code == text || kind.title() == text).map(|(kind, _)| kind)
}

/// Everything that is wrong with a row, by its column.
pub(super) fn problems(wanted: &Registered, book: &Rulebook, known: &Known, today: Date) -> Vec<FieldProblem> {
    let mut problems = vec![];
    let mut wrong = |field: &str, message: String| problems.push(FieldProblem { field: field.into(), message });
    let text = |key: &str| wanted.data.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    if wanted.name.trim().is_empty() {
        wrong("name", format!("请填写{}", wanted.register.name_title()));
    }
    for column in wanted.register.columns().iter().filter(|c| c.required) {
        if text(column.key).is_empty() {
            wrong(column.key, format!("请填写{}", column.title));
        }
    }
    let unknown = |code: &str| !code.is_empty() && !known.departments.contains_key(code);
    match wanted.register {
        RegisterName::Departments => {
            if unknown(text("parent")) || (!text("parent").is_empty() && text("parent") == wanted.id) {
                wrong("parent", format!("没有登记编码为“{}”的上级机构", text("parent")));
            }
        }
        RegisterName::Officers => {
            if unknown(text("department")) {
                wrong("department", format!("没有登记编码为“{}”的机构", text("department")));
            }
            for (field, message) in certificate_problems(wanted, known) {
                wrong(&field, message);
            }
        }
        RegisterName::Powers => {
            if !text("kind").is_empty() && !POWER_KINDS.contains(&text("kind")) {
                wrong("kind", format!("职权类型应为{}之一", POWER_KINDS.join("、")));
            }
            if !text("cause").is_empty() && !book.causes.contains_key(text("cause")) {
                wrong("cause", format!("案由库中没有编码为“{}”的案由", text("cause")));
            }
            for code in wanted.data.get("departments").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                if unknown(code) {
                    wrong("departments", format!("没有登记编码为“{code}”的机构"));
                }
            }
        }
        RegisterName::Parties => match party_kind(text("kind")) {
            None if text("kind").is_empty() => {}
            None => wrong("kind", "当事人类型应为自然人、法人或者其他组织、个体工商户之一".into()),
            Some(kind) => {
                if let Some(problem) = forms::identity_problem("id_number", kind, text("id_number")) {
                    wrong("id_number", problem.message);
                }
                let party = Party { kind, id_number: text("id_number").to_owned(), ..Party::default() };
                if forms::is_minor(&party, today) {
                    wrong("id_number", "未成年人的信息不进入当事人登记".into());
                }
            }
        },
        RegisterName::Laws | RegisterName::Causes => {}
    }
    problems
}

fn certificate_problems(wanted: &Registered, known: &Known) -> Vec<(String, String)> {
    let mut problems = vec![];
    let rows = wanted.data.get("certificates").cloned().unwrap_or_else(|| Value::Array(vec![]));
    let Ok(certificates) = serde_json::from_value::<Vec<Certificate>>(rows) else {
        return vec![("certificates".into(), "执法证件应写明证号和起止日期".into())];
    };
    for (i, certificate) in certificates.iter().enumerate() {
        if let Err(error) = CertificateNumber::parse(&certificate.number) {
            problems.push((format!("certificates.{i}.number"), error.to_string()));
        }
        if certificate.to < certificate.from {
            problems.push((format!("certificates.{i}.to"), format!("执法证件{}的有效期止早于有效期起", certificate.number)));
        }
        if known.certificates.get(&certificate.number).is_some_and(|other| *other != wanted.id) {
            problems.push((format!("certificates.{i}.number"), format!("执法证号{}已登记在另一人名下", certificate.number)));
        }
        if certificates.iter().take(i).any(|c| c.number == certificate.number) {
            problems.push((format!("certificates.{i}.number"), format!("执法证号{}重复", certificate.number)));
        }
    }
    problems
}
