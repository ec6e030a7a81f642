//! `liuhen vault`: what lies in the vault without an entry that names it.

use crate::places::Places;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Vault {
    /// 列出没有任何记录指向的文件
    Unclaimed {
        #[command(flatten)]
        places: Places,
    },
}

impl Vault {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let Vault::Unclaimed { places } = self;
        for unclaimed in casework::verify::vault_unclaimed(&places.settings()).await? {
            println!("{}  {}", unclaimed.sha256, unclaimed.len_bytes);
        }
        Ok(ExitCode::SUCCESS)
    }
}
