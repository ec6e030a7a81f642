//! `liuhen user`: the first account, and tokens for programs.

use crate::places::Places;
use anyhow::Context;
use casework::people::PutAccount;
use casework::{Clock, Office};
use clap::Subcommand;
use procedure::people::Role;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum User {
    /// 新建账号；口令从环境变量 LIUHEN_PASSWORD 或者标准输入的第一行读取
    Add {
        /// 账号
        account: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 岗位代码，如 officer、section-head、agency-head、security-admin；可以重复
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// 部门代码
        #[arg(long, default_value = "")]
        department: String,
        #[command(flatten)]
        places: Places,
    },
    /// 为账号签发接口令牌，只显示一次
    Token {
        /// 账号
        account: String,
        #[command(flatten)]
        places: Places,
    },
}

impl User {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            User::Add { account, name, roles, department, places } => {
                let roles = roles
                    .iter()
                    .map(|code| Role::parse(code).with_context(|| format!("没有“{code}”这个岗位")))
                    .collect::<anyhow::Result<Vec<_>>>()?;
                let password = match std::env::var("LIUHEN_PASSWORD") {
                    Ok(password) => password,
                    Err(_) => {
                        let mut line = String::new();
                        std::io::stdin().read_line(&mut line)?;
                        line.trim_end_matches(['\r', '\n']).to_owned()
                    }
                };
                anyhow::ensure!(password.chars().count() >= 10, "口令至少10个字符");
                let office = Office::open(places.settings(), Clock::System).await?;
                let what = PutAccount { account, officer: None, name, password: Some(password), roles, department, must_change: true, disabled: false };
                office.put_account(&office.operator(), what).await.map_err(anyhow::Error::new)?;
                office.close().await;
                println!("账号已建立，首次登录须修改口令");
            }
            User::Token { account, places } => {
                let office = Office::open(places.settings(), Clock::System).await?;
                let token = office.make_token(&account, "command line").await.map_err(anyhow::Error::new)?;
                office.close().await;
                println!("{token}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
