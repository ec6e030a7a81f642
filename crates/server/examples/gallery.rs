//! Draws the pages from made-up data into files, so that they can be looked at and checked in a
//! browser without an office: `cargo run -p server --example gallery -- DIR`. Everything in it is
//! fictitious.

// Templates name it by `crate::`, also where the example derives one itself.
use server::assets;

use server::errors::{Conflict, Problem, VersionedField};
use server::look::form::{Choice, Field, Form, FormPage};
use server::look;
use server::look::*;
use server::pages::cases::case::{CasePage, FlawLine, PersonLine, WaitingAct};
use server::pages::cases::head::CaseHead;
use server::pages::cases::list::{CaseList, CaseRow};
use server::pages::cases::timeline::{Day, Entry};
use server::pages::clues::list::{ClueList, ClueRow};
use server::pages::people::change_password::ChangePassword;
use server::pages::people::sign_in::{DemoAccount, SignIn};
use server::pages::workbench::{DutyGroup, DutyRow, Workbench};

use askama::Template;
use axum::response::Response;
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let out = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "target/gallery".into()),
    );
    std::fs::create_dir_all(&out)?;
    draw(&out, "workbench", workbench())?;
    draw(&out, "workbench-empty", empty_workbench())?;
    draw(&out, "case", case())?;
    draw(&out, "cases", cases())?;
    draw(&out, "cases-empty", no_cases())?;
    draw(&out, "clues", clues())?;
    draw(&out, "form", form())?;
    draw(&out, "parts", parts())?;
    draw(&out, "sign-in", sign_in())?;
    draw(
        &out,
        "password",
        ChangePassword::new(frame(""), "至少 15 个字；不必定期更换。"),
    )?;
    for (name, answer) in problems() {
        let body = answer.into_body().collect().await?.to_bytes();
        std::fs::write(out.join(format!("{name}.html")), body)?;
    }
    Ok(())
}

fn draw(out: &Path, name: &str, template: impl Template) -> Outcome {
    std::fs::write(out.join(format!("{name}.html")), template.render()?)?;
    Ok(())
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn frame(nav_current: &'static str) -> Frame {
    Frame {
        nav_current,
        person: Some(PersonBadge {
            account: s("jia"),
            name: s("甲"),
            roles_zh: s("执法人员"),
        }),
        demonstration: true,
        late_count: 3,
        foot: Foot {
            size: 48_213,
            root_short: s("9f2c…71ae"),
        },
        ..Frame::default()
    }
}

fn calendar_note() -> Note {
    Note::new(
        Tone::Near,
        "2027 年节假日安排尚未载入：落在 2027 年的期限先按最早可能日提示。",
    )
    .link("载入日历", "/registers/calendars")
}

fn workbench() -> Workbench {
    let row = |state, what: &str, detail: &str, case: &str, article: &str, due: &str| DutyRow {
        state,
        what: s(what),
        detail: s(detail),
        href: s("/cases/8"),
        subject: Link::new(case, "/cases/8"),
        article: s(article),
        due: s(due),
        derivation: String::new(),
    };
    use DutyState::{Near, Open, Overdue};
    let mut duties = vec![
        row(
            Overdue,
            "补办立案审批",
            "先行检查",
            "某某网咖接纳未成年人案",
            "第十二条",
            "超期 1 个工作日",
        ),
        row(
            Overdue,
            "立卷归档",
            "",
            "某某歌舞厅超员案",
            "第二十七条",
            "超期 3 日",
        ),
        row(
            Near,
            "处理先行登记保存的物品",
            "",
            "某某网咖接纳未成年人案",
            "行政处罚法 56",
            "11月26日 · 还有 4 个工作日",
        ),
        row(
            Open,
            "复查改正情况",
            "",
            "某某影院未按规定公示案",
            "第二十三条",
            "12月1日",
        ),
        row(
            Open,
            "申请法院强制执行",
            "窗口开启",
            "某某演出公司案",
            "行政强制法 53、54",
            "12月8日起 · 终日待 2027 年日历",
        ),
    ];
    duties[2].derivation = s(
        "11月17日登记，次日起算，7 个工作日；11月21、22日休息。日历：国务院办公厅关于2026年节假日安排的通知。",
    );
    let waiting = |state, what: &str, about: &str, due: &str| Duty {
        state,
        what: s(what),
        href: s("/approvals/1"),
        about: s(about),
        due: s(due),
        ..Duty::default()
    };
    let tile = |label: &str, count: &str, late| Tile {
        label: s(label),
        count: s(count),
        href: s("/?show=late"),
        late,
    };
    Workbench {
        late: vec![],
        frame: Frame {
            notes: vec![calendar_note()],
            ..frame("workbench")
        },
        title: "工作台",
        tiles: vec![
            tile("超期", "3", true),
            tile("三个工作日内", "5", false),
            tile("待我审批", "2", false),
            tile("待扫描签字件", "4", false),
        ],
        orders: vec![
            Tab {
                label: s("按期限"),
                href: s("/"),
                current: true,
            },
            Tab {
                label: s("按案件"),
                href: s("/?order=case"),
                current: false,
            },
        ],
        duties,
        pager: Pager {
            shown: s("本页 5 项"),
            next_href: s("/?after=5"),
            ..Pager::default()
        },
        empty: Empty::default(),
        groups: vec![
            DutyGroup {
                anchor: "awaiting",
                heading: s("待我审批"),
                items: vec![
                    waiting(
                        Near,
                        "行政处罚事先告知书",
                        "某某旅行社低价游案 · 拟罚 35 000 元",
                        "今天",
                    ),
                    waiting(
                        Open,
                        "不予立案审批表",
                        "12345 转办 · 举报人信息已封存",
                        "11月25日",
                    ),
                ],
                ..DutyGroup::default()
            },
            DutyGroup {
                anchor: "scans",
                heading: s("待扫描签字件"),
                empty: s("没有等待扫描的文书。"),
                ..DutyGroup::default()
            },
        ],
    }
}

fn empty_workbench() -> Workbench {
    Workbench {
        frame: Frame {
            notes: vec![Note::new(Tone::Done, "口令已修改。")],
            head_shares_disk: true,
            read_only: s("数据库落后于存证首，缺第 48 190 至 48 213 项。"),
            late_count: 0,
            ..frame("workbench")
        },
        tiles: vec![],
        duties: vec![],
        groups: vec![],
        empty: Empty {
            what: s("没有应办事项"),
            how: s("登记线索或受理案件后，依各条规定应办的事会按期限列在这里。"),
            link: Some(Link::new("登记线索", "/clues/new")),
        },
        ..workbench()
    }
}

fn case() -> CasePage {
    let step = |label: &str, small: &str, state| Step {
        label: s(label),
        small: s(small),
        state,
    };
    let tab = |label: &str, current| Tab {
        label: s(label),
        href: s("/cases/8/papers"),
        current,
    };
    let act = |time: &str, what: &str, more: &str, gloss: &str| Act {
        time: s(time),
        what: s(what),
        more: s(more),
        gloss: s(gloss),
        ..Act::default()
    };
    use StepState::{Ahead, Done, Now};
    CasePage {
        frame: frame("cases"),
        title: s("某某网咖接纳未成年人进入营业场所案"),
        head: CaseHead {
            title: s("某某网咖接纳未成年人进入营业场所案"),
            facts: vec![
                Fact::new("案号", "东文综立字〔2026〕8号"),
                Fact::new("程序", "行政处罚 · 普通程序"),
                Fact::new("当事人", "某某网咖（统一社会信用代码 9142…1B61）"),
                Fact::new("承办人", "甲（17011200123）、乙（17011200145）"),
                Fact::new("适用版本", "2026-04-01"),
            ],
            rail: vec![
                step("受案", "11月16日", Done),
                step("立案", "11月17日", Done),
                step("调查取证", "第4个工作日", Now),
                step("审核", "", Ahead),
                step("决定", "90 日内", Ahead),
                step("送达", "", Ahead),
                step("终结", "", Ahead),
            ],
            tabs: vec![
                tab("全过程", true),
                tab("文书 7", false),
                tab("证据 11", false),
                tab("人员与权限", false),
                tab("案卷 46 页", false),
                tab("存证", false),
            ],
        },
        stops: vec![
            Stop {
                headline: s("现在还不能提交法制审核。"),
                missing: vec![Missing {
                    sentence: s("当事人权利告知尚未送达"),
                    article: s("本制度第十七条"),
                    mend: Some(Link::new("去补办", "/cases/8/papers/rights")),
                }],
            },
            Stop {
                headline: s("现在还不能作出处罚决定。"),
                missing: vec![
                    Missing {
                        sentence: s("事先告知书尚未送达"),
                        article: s("行政处罚法第四十四条"),
                        mend: None,
                    },
                    Missing {
                        sentence: s("陈述申辩期未满，也没有放弃声明"),
                        article: s("行政处罚法第六十二条"),
                        mend: Some(Link::new("记录放弃", "/cases/8/waiver")),
                    },
                ],
            },
        ],
        acts_small: s("38 项行为 · 最新在前"),
        filters: vec![
            Tab {
                label: s("只看文书"),
                href: s("?show=papers"),
                current: false,
            },
            Tab {
                label: s("只看审批"),
                href: s("?show=approvals"),
                current: false,
            },
        ],
        days: vec![
            Day {
                label: s("11月20日 星期五"),
                entries: vec![
                    Entry {
                        act: Act {
                            text: s("第2段 00:03:10—00:05:48"),
                            ..act("15:42", "查看录像", "乙 · 核对询问笔录第3问", "第二十六条")
                        },
                        ..Entry::default()
                    },
                    Entry {
                        act: Act {
                            refused: true,
                            ..act(
                                "14:05",
                                "提交法制审核",
                                "甲 · 权利告知文书未送达",
                                "第十七条",
                            )
                        },
                        ..Entry::default()
                    },
                    Entry {
                        act: Act {
                            link: Some(Link::new("东文综询字〔2026〕11号", "/papers/11")),
                            ..act(
                                "10:18",
                                "制作询问笔录",
                                "甲、乙 · 被询问人已逐页签名",
                                "第十五条（一）",
                            )
                        },
                        ..Entry::default()
                    },
                ],
            },
            Day {
                label: s("11月17日 星期二"),
                entries: vec![
                    Entry {
                        act: Act {
                            text: s("某某路 128 号"),
                            chips: vec![s("已出示证件"), s("开场说明 5/5")],
                            late_entry: s("11月19日 10:05 补录"),
                            flaw: s("检查笔录缺见证人签名（第十五条）"),
                            ..act("09:12", "到达现场", "甲、乙 · 与公安联合检查", "第十八条")
                        },
                        ..Entry::default()
                    },
                    Entry {
                        act: Act {
                            link: Some(Link::new("立案审批表", "/papers/1")),
                            ..act(
                                "08:40",
                                "批准立案",
                                "承办人、承办机构、负责人意见齐全",
                                "第十二条",
                            )
                        },
                        ..Entry::default()
                    },
                ],
            },
        ],
        duties_small: s("1 瑕疵 · 3 临近 · 9 已办"),
        duties: vec![
            Duty {
                state: DutyState::Overdue,
                what: s("补制见证人签名"),
                detail: s("拒绝签字的检查笔录"),
                about: s("第十五条 · 瑕疵，可补正 · 甲"),
                due: s("审核前"),
                due_small: s("未补正"),
                ..Duty::default()
            },
            Duty {
                state: DutyState::Near,
                what: s("处理先行登记保存的主机"),
                href: s("/cases/8/custody"),
                about: s("行政处罚法第五十六条 · 甲"),
                due: s("还有 4 个工作日"),
                due_small: s("11月26日"),
                derivation: s(
                    "11月17日登记，次日起算，7 个工作日；11月21、22日休息。日历：国务院办公厅关于2026年节假日安排的通知。",
                ),
                ..Duty::default()
            },
            Duty {
                what: s("作出处罚决定"),
                about: s("行政处罚法第六十条"),
                due: s("约 84 日"),
                due_small: s("待 2027 年日历"),
                ..Duty::default()
            },
            Duty {
                state: DutyState::Met,
                what: s("音像入库"),
                about: s("第九条"),
                due: s("11月17日 已办"),
                ..Duty::default()
            },
        ],
        flaws: vec![FlawLine {
            what: s("检查笔录缺见证人签名"),
            article: s("第十五条"),
            state: s("未补正"),
            state_class: "late",
            how: String::new(),
            mend: Some(Link::new("去补正", "/cases/8/flaws/1")),
        }],
        next: [
            ("送达权利告知", true),
            ("抽样取证", false),
            ("补充证据", false),
            ("申请延期", false),
            ("更正", false),
        ]
        .map(|(label, primary)| NextAct {
            label: s(label),
            href: s("/cases/8/next"),
            primary,
        })
        .into(),
        waiting: vec![WaitingAct {
            label: s("制作法制审核意见书"),
            href: s("/cases/8/papers/new/legal-review"),
            lacks: s("当事人权利告知尚未送达"),
        }],
        people: vec![
            PersonLine {
                name: s("甲"),
                role: s("承办人"),
                certificate: s("17011200123"),
            },
            PersonLine {
                name: s("乙"),
                role: s("承办人"),
                certificate: s("17011200145"),
            },
            PersonLine {
                name: s("丙"),
                role: s("承办机构负责人"),
                certificate: String::new(),
            },
        ],
    }
}

fn cases() -> CaseList {
    let case = |number: &str, title: &str, stage: &str, due_state, due: &str, flaws| CaseRow {
        href: s("/cases/8"),
        title: s(title),
        number: s(number),
        cause: s("接纳未成年人进入营业场所"),
        parties: s("某某网咖"),
        handlers: s("甲、乙"),
        stage: s(stage),
        flaws,
        due_state,
        due: s(due),
    };
    CaseList {
        frame: frame("cases"),
        title: "案件",
        next: vec![NextAct {
            label: s("受理线索"),
            href: s("/clues"),
            primary: true,
        }],
        filters: vec![
            Field::search("q", "姓名、案号"),
            Field::select(
                "stage",
                "阶段",
                vec![
                    Choice::new("inquiry", "调查取证"),
                    Choice::new("closed", "已终结"),
                ],
            )
            .value("inquiry"),
            Field::select(
                "handler",
                "承办人",
                vec![Choice::new("jia", "甲").note("17011200123")],
            )
            .unset("全部"),
            Field::date("from", "立案自"),
        ],
        filtered: true,
        cases: vec![
            case(
                "东文综立字〔2026〕8号",
                "某某网咖接纳未成年人进入营业场所案",
                "调查取证",
                DutyState::Near,
                "11月26日 · 还有 4 个工作日",
                1,
            ),
            case(
                "东文综立字〔2026〕5号",
                "某某歌舞厅超员案",
                "终结",
                DutyState::Overdue,
                "超期 3 日",
                0,
            ),
            case(
                "尚未立案",
                "某某影院未按规定公示案",
                "受案",
                DutyState::Open,
                "12月1日",
                0,
            ),
        ],
        pager: Pager {
            shown: s("本页 3 件"),
            first_href: s("/cases"),
            next_href: s("/cases?after=3"),
        },
        empty: Empty::default(),
    }
}

fn no_cases() -> CaseList {
    CaseList {
        cases: vec![],
        pager: Pager::default(),
        empty: Empty {
            what: s("没有符合条件的案件"),
            how: s("放宽条件，或者从线索受理一件。"),
            link: None,
        },
        ..cases()
    }
}

fn clues() -> ClueList {
    let clue = |what: &str, source: &str, sealed, state: &str, registered: &str| ClueRow {
        href: s("/clues/3"),
        what: s(what),
        number: s("线索〔2026〕3号"),
        source: s(source),
        sealed,
        received: s("11月16日 16:20"),
        registered: s(registered),
        state: s(state),
        case: None,
    };
    ClueList {
        frame: frame("clues"),
        title: "线索",
        next: vec![NextAct {
            label: s("登记线索"),
            href: s("/clues/new"),
            primary: true,
        }],
        filters: vec![
            Field::search("q", "内容、地点"),
            Field::select("source", "来源", vec![Choice::new("12345", "投诉举报")]).unset("全部"),
        ],
        filtered: false,
        clues: vec![
            clue(
                "网咖夜间接纳未成年人",
                "投诉举报",
                true,
                "待受案",
                "接收后 2 小时登记",
            ),
            clue(
                "旅行社发布低价游广告",
                "上级交办",
                false,
                "已受案",
                "接收后 40 分钟登记",
            ),
        ],
        pager: Pager {
            shown: s("本页 2 条"),
            ..Pager::default()
        },
        empty: Empty::default(),
    }
}

fn form() -> FormPage {
    let officers = vec![
        Choice::new("jia", "甲").note("17011200123"),
        Choice::new("yi", "乙").note("17011200145"),
        Choice::new("bing", "丙").note("证件已于 10月1日 到期"),
    ];
    let row = |question: &str, answer: &str| {
        BTreeMap::from([(s("question"), s(question)), (s("answer"), s(answer))])
    };
    let columns = vec![
        Field::area("question", "问").half().required(),
        Field::area("answer", "答").half().required(),
    ];
    let mut form = Form {
        action: s("/cases/8/inquiry"),
        fields: vec![
            Field::fixed("case", "案件", "东文综立字〔2026〕8号"),
            Field::datetime("from", "何时开始")
                .half()
                .required()
                .value("2026-11-20T10:18")
                .article("第十五条（一）")
                .hint("按实际发生的时间填写；晚于今日补录会同时显示两个时间。"),
            Field::datetime("to", "何时结束")
                .half()
                .required()
                .value("2026-11-20T09:30"),
            Field::officers("officers", "执法人员", officers)
                .chosen(["jia"])
                .required()
                .article("行政处罚法第四十二条")
                .hint("不得少于两人。"),
            Field::text("place", "地点")
                .required()
                .value("某某路 128 号"),
            Field::text("informant", "举报人姓名")
                .protected()
                .half()
                .hint("只有授权人员可见，不写入检索。"),
            Field::number("amount", "拟罚款额")
                .unit("元")
                .half()
                .article("互联网上网服务营业场所管理条例第三十一条"),
            Field::radios(
                "service",
                "送达方式",
                vec![
                    Choice::new("direct", "直接送达"),
                    Choice::new("lien", "留置送达"),
                    Choice::new("mail", "邮寄送达"),
                ],
            )
            .value("direct")
            .required(),
            Field::checks(
                "told",
                "已告知",
                vec![
                    Choice::new("a", "出示证件"),
                    Choice::new("b", "申请回避的权利"),
                ],
            )
            .chosen(["a"]),
            Field::select("cause", "案由", vec![Choice::new("minors", "接纳未成年人")]).required(),
            Field::area("facts", "经过").value("第一行\n第二行"),
            Field::rows(
                "qa",
                "问答",
                "一问一答",
                columns,
                &[row("您的姓名？", "某甲"), row("几点到店？", "")],
            ),
            Field::file("scan", "签字件扫描")
                .accept("image/*,application/pdf")
                .many()
                .upload("/intake")
                .hint("PDF 或照片，逐页清晰。"),
        ],
        act: s("记录询问"),
        autosave: s("/drafts/17"),
        once: s("0195-once"),
        version: s("4"),
        back: s("/cases/8"),
        ..Form::default()
    };
    form.put_error("to", "结束时间不能早于开始时间。");
    form.put_error("officers", "只有一名执法人员：会如实记录，并列为瑕疵。");
    form.put_error("qa.1.answer", "还没有回答。");
    FormPage {
        frame: frame("cases"),
        title: s("制作询问笔录"),
        about: Some(Link::new("某某网咖接纳未成年人案", "/cases/8")),
        stops: vec![],
        facts: vec![Fact::new("被询问人", "某甲"), Fact::new("依据", "第十五条")],
        form,
    }
}

/// The parts that no page of this gallery shows yet.
#[derive(Template)]
#[template(path = "parts.html")]
struct Parts {
    frame: Frame,
    title: &'static str,
    player: Player,
    steps: Vec<ApprovalStep>,
    pages: Vec<String>,
}

fn parts() -> Parts {
    let step = |role: &str, person: &str, opinion: &str, when: &str, state| ApprovalStep {
        role: s(role),
        person: s(person),
        opinion: s(opinion),
        when: s(when),
        state,
    };
    Parts {
        frame: frame("papers"),
        title: "部件",
        player: Player {
            video: true,
            src: s("/viewings/1/bytes"),
            label: s("第2段 记录仪 0012"),
            marks: vec![Mark {
                label: s("出示证件 00:00:12"),
                seconds: s("12.0"),
            }],
        },
        steps: vec![
            step(
                "承办人",
                "甲",
                "建议立案。",
                "11月17日 08:10",
                StepState::Done,
            ),
            step(
                "承办机构负责人",
                "丙",
                "补充举报来源后再报。",
                "11月17日 08:30",
                StepState::Returned,
            ),
            step("行政机关负责人", "丁", "", "", StepState::Now),
        ],
        pages: vec![s("/assets/icon.svg")],
    }
}

fn sign_in() -> SignIn {
    SignIn {
        reason: s("登录已过期，请重新登录。"),
        error: s("账号或口令不正确。连续输错会暂停一段时间。"),
        demo_accounts: [("执法人员", "jia"), ("承办机构负责人", "bing")]
            .map(|(role, account)| DemoAccount {
                role: s(role),
                account: s(account),
                password: s("yanshi-2026-liuhen"),
            })
            .into(),
        ..SignIn::new(
            Frame {
                demonstration: true,
                foot: Foot {
                    size: 12,
                    root_short: s("9f2c…71ae"),
                },
                ..Frame::default()
            },
            "/cases",
            "jia",
        )
    }
}

fn problems() -> Vec<(&'static str, Response)> {
    let field = |label: &str, yours: &str, theirs: &str| VersionedField {
        name: s("facts"),
        label: s(label),
        yours: s(yours),
        theirs: s(theirs),
    };
    let stop = case().stops.remove(1);
    let conflict = Conflict {
        what: s("乙 于 11月20日 10:12 保存了这份草稿。"),
        theirs_by: s("乙 11月20日 10:12"),
        their_version: s("8"),
        fields: vec![
            field("违法事实", "当场有 2 名未成年人。", "当场有 3 名未成年人。"),
            field("地点", "某某路 128 号", "某某路 128 号"),
        ],
        resume_action: s("/drafts/17/resume"),
        theirs_href: s("/drafts/17"),
    };
    let refused = Problem::Refused {
        act: s("作出处罚决定"),
        stop,
        back: Link::new("回到案件", "/cases/8"),
    };
    vec![
        (
            "problem-401",
            Problem::SignIn {
                next: s("/cases"),
                navigation: false,
            }
            .page(Frame::bare()),
        ),
        (
            "problem-403",
            Problem::Forbidden {
                why: s("系统管理员不能查看案件（设计：三员不接触案件）。"),
            }
            .page(frame("")),
        ),
        ("problem-404", Problem::NotFound.page(frame(""))),
        ("problem-refused", refused.page(frame("cases"))),
        (
            "problem-conflict",
            Problem::Conflict(Box::new(conflict)).page(frame("papers")),
        ),
        (
            "problem-413",
            Problem::TooLarge {
                limit_zh: s("2 MB"),
            }
            .page(frame("")),
        ),
        (
            "problem-422",
            Problem::Unreadable {
                what: s("地址里的编号不是数字。"),
            }
            .page(frame("")),
        ),
        (
            "problem-500",
            Problem::Internal {
                reference: s("3fa2c81d"),
            }
            .page(frame("")),
        ),
        (
            "problem-503",
            Problem::Unavailable {
                why: s("磁盘已满，记录暂停；查阅不受影响。"),
                retry_after_seconds: 30,
            }
            .page(frame("")),
        ),
    ]
}
