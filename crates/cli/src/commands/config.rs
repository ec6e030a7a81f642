//! `liuhen config check`: each value and where it came from.

use crate::places::Places;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Config {
    /// 检查配置，逐项说明取值和来源
    Check {
        #[command(flatten)]
        places: Places,
    },
}

impl Config {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Config::Check { places } = self;
        let settings = places.settings();
        let origin = |given: bool, variable: &str| {
            if std::env::var_os(variable).is_some() {
                format!("环境变量 {variable}")
            } else if given {
                "命令行".to_owned()
            } else {
                "默认".to_owned()
            }
        };
        let lines = [
            ("数据目录", settings.data.display().to_string(), origin(true, "LIUHEN_DATA")),
            ("存证首", settings.head.display().to_string(), origin(places.head.is_some(), "LIUHEN_HEAD")),
            ("密钥", settings.keys.display().to_string(), origin(places.keys.is_some(), "LIUHEN_KEYS")),
            ("数据库", without_password(&settings.database), origin(places.database.is_some(), "LIUHEN_DATABASE")),
            ("字体", settings.fonts.display().to_string(), origin(places.fonts.is_some(), "LIUHEN_FONTS")),
        ];
        for (name, value, origin) in lines {
            println!("{name}\t{value}\t{origin}");
        }
        let mut sound = true;
        match casework::load_rulebook(Some(&settings.data)) {
            Ok(book) => {
                let years: Vec<String> = book.calendars.years().map(|y| y.to_string()).collect();
                println!("制度\t{}版，文书{}种，案由{}项\t内置与 regulation 目录", book.edition.edition, book.papers.len(), book.causes.len());
                println!("日历\t{}\t内置与 regulation 目录", years.join("、"));
            }
            Err(error) => {
                sound = false;
                println!("制度\t不能载入：{error}\t{}", settings.data.join("regulation").display());
            }
        }
        if !settings.fonts.is_dir() {
            sound = false;
            println!("字体\t目录不存在，文书不能成文\t运行 scripts/fonts 取得");
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}

/// The address without its password, so that it can be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rfind('@')) {
        (Some((scheme, rest)), Some(_)) => {
            let (who, place) = rest.rsplit_once('@').unwrap_or(("", rest));
            let user = who.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{place}")
        }
        _ => url.to_owned(),
    }
}
