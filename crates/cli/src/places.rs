//! `--data`, `--head`, `--keys`, `--database`: the same four everywhere, with the same defaults.

use casework::Settings;
use clap::Args;
use std::path::PathBuf;

#[derive(Args, Clone, Debug)]
pub struct Places {
    /// 数据目录
    #[arg(long, env = "LIUHEN_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// 存证首的目录，最好在另一块磁盘上（默认 DATA.head）
    #[arg(long, env = "LIUHEN_HEAD", value_name = "DIR")]
    pub head: Option<PathBuf>,
    /// 密钥目录，不进入备份（默认 DATA.keys）
    #[arg(long, env = "LIUHEN_KEYS", value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// 数据库地址（默认 DATA 下的 SQLite），如 postgres://liuhen@127.0.0.1/liuhen
    #[arg(long, env = "LIUHEN_DATABASE", value_name = "URL")]
    pub database: Option<String>,
    /// 字体目录
    #[arg(long, env = "LIUHEN_FONTS", value_name = "DIR")]
    pub fonts: Option<PathBuf>,
}

impl Places {
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.data.clone());
        if let Some(head) = &self.head {
            settings.head = head.clone();
        }
        if let Some(keys) = &self.keys {
            settings.keys = keys.clone();
        }
        if let Some(database) = &self.database {
            settings.database = database.clone();
        }
        if let Some(fonts) = &self.fonts {
            settings.fonts = fonts.clone();
        }
        settings
    }
}

/// Role, account, password of a demonstration, beside its data.
pub const DEMO_ACCOUNTS: &str = "demonstration-accounts.tsv";
