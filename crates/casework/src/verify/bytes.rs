//! Bytes against entries: every file an entry names is read again from the disk, every claim has
//! its entry, and bytes nobody names are told.

use super::{Gathered, Named, Progress, SealedFile, Store, Unclaimed, VerifyReport};
use crate::settings::Settings;
use ledger::entry::Entry;
use std::collections::BTreeSet;
use std::io::Read;
use vault::{Fixity, Sha256, Sm3, Vault, VaultError};

const PAGE: u32 = 1_000;

pub(super) async fn check(
    settings: &Settings,
    store: &Store,
    gathered: &Gathered,
    report: &mut VerifyReport,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<()> {
    claims(store, gathered, report).await?;
    let place = settings.data.join("vault");
    let vault = match Vault::open_read_only(&place) {
        Ok(vault) => vault,
        Err(error) => {
            if !gathered.files.is_empty() {
                report.find(None, format!("存放原件的目录打不开（{error}），{}件原件没有核验。", gathered.files.len()));
            }
            return Ok(());
        }
    };
    let mut named: Vec<_> = gathered.files.iter().collect();
    named.sort_by_key(|(_, n)| n.sequence);
    let count = named.len() as u64;
    for (index, (sha256, file)) in named.into_iter().enumerate() {
        let sequence = Some(file.sequence);
        let what = format!("第{}项所记的文件{sha256}", file.sequence);
        let Ok(digest) = sha256.parse::<Sha256>() else {
            report.find(sequence, format!("{what}：摘要不成格式。"));
            continue;
        };
        if let Some(kept) = gathered.sealed_files.get(sha256) {
            sealed_since(store, &vault, file, &digest, kept, report).await;
            report.blobs_checked += 1;
            report.blob_bytes_checked += file.len_bytes;
            progress(Progress::Files(index as u64 + 1, count));
            continue;
        }
        let sm3: Option<Sm3> = file.sm3.parse().ok();
        match vault.fixity(&digest, sm3.as_ref()).await {
            Ok(Fixity::Intact) => match vault.len(&digest) {
                Ok(len) if len == file.len_bytes => {}
                _ => report.find(sequence, format!("{what}：长度与记录不符。")),
            },
            Ok(Fixity::Missing) => report.find(sequence, format!("{what}：原件不在了。")),
            Ok(Fixity::Changed { found }) => {
                let now = found.sha256.to_string();
                let text = match gathered.files.get(&now) {
                    Some(other) if now != *sha256 => format!("{what}：内容是第{}项的文件，被掉换。", other.sequence),
                    _ => format!("{what}：内容被改动（现为{now}）。"),
                };
                report.find(sequence, text);
            }
            Err(error) => report.find(sequence, format!("{what}：读不出（{error}）。")),
        }
        report.blobs_checked += 1;
        report.blob_bytes_checked += file.len_bytes;
        progress(Progress::Files(index as u64 + 1, count));
    }
    let (unclaimed, strays) = left_over(&vault, |sha256| gathered.files.contains_key(sha256));
    if !unclaimed.is_empty() {
        report.notes.push(format!("有{}件字节没有记录指名（上传中断所致，见 vault unclaimed），不影响账本。", unclaimed.len()));
    }
    report.notes.extend(strays);
    Ok(())
}

/// A file named in clear and sealed since: what is sealed has the digests and the length that were
/// named. That the sealed bytes themselves are whole is checked where their own entry names them.
async fn sealed_since(store: &Store, vault: &Vault, named: &Named, digest: &Sha256, kept: &SealedFile, report: &mut VerifyReport) {
    let what = format!("第{}项所记的文件{digest}（第{}项起密封保存）", named.sequence, kept.sequence);
    if vault.contains(digest).unwrap_or(false) {
        report.notes.push(format!("{what}：明文副本还没有清除，由系统继续清除。"));
    }
    let Some(keys) = &store.keys else { return };
    let opened = async {
        let place = vault.path_of(&kept.sha256.parse().map_err(std::io::Error::other)?).map_err(std::io::Error::other)?;
        let key = keys.case_key(&kept.stream).map_err(std::io::Error::other)?;
        let read = tokio::task::spawn_blocking(move || digests_of_sealed(&key, &place)).await;
        read.map_err(std::io::Error::other)?
    };
    match opened.await {
        Ok((sha256, sm3, len_bytes)) => {
            if sha256 != digest.to_string() || sm3 != named.sm3 || len_bytes != named.len_bytes {
                report.find(Some(named.sequence), format!("{what}：密封的内容与所记的摘要或者长度不符。"));
            }
        }
        // Missing or damaged sealed bytes are found under their own entry; here the content.
        Err(error) => report.find(Some(named.sequence), format!("{what}：密封的内容打不开（{error}）。")),
    }
}

/// Digests and length of what is sealed, read chunk by chunk.
fn digests_of_sealed(key: &seal::CaseKey, place: &std::path::Path) -> std::io::Result<(String, String, u64)> {
    use sha2::Digest;
    let mut reader = crate::intake::open_sealed_at(key, || Ok(std::io::BufReader::new(std::fs::File::open(place)?)), 0)?;
    let (mut sha256, mut sm3, mut len_bytes) = (sha2::Sha256::new(), sm3::Sm3::new(), 0);
    let mut buffer = vec![0; seal::CHUNK_SIZE_BYTES];
    loop {
        let count = reader.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|b| !b.is_empty()) else { break };
        sha256.update(bytes);
        sm3.update(bytes);
        len_bytes += bytes.len() as u64;
    }
    Ok((hex::encode(sha256.finalize()), hex::encode(sm3.finalize()), len_bytes))
}

/// The rows that claim bytes say what the entries say.
async fn claims(store: &Store, gathered: &Gathered, report: &mut VerifyReport) -> anyhow::Result<()> {
    let mut claimed = BTreeSet::new();
    let mut after: Option<(String, String)> = None;
    loop {
        let page = store.database.blobs(after.as_ref().map(|(s, t)| (s.as_str(), t.as_str())), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.sha256.clone(), last.stream.clone()));
        for row in &page {
            let sequence = u64::try_from(row.sequence).unwrap_or_default();
            let text = match gathered.files.get(&row.sha256) {
                // Written by a server after the walk had passed.
                None if sequence > gathered.size => continue,
                None => "没有记录指名，是添入或者被改动的".to_owned(),
                Some(named) if named.sm3 != row.sm3 || named.len_bytes != row.len_bytes.unsigned_abs() => {
                    format!("与第{}项所记的摘要或者长度不符，被改动", named.sequence)
                }
                Some(_) => {
                    claimed.insert(row.sha256.clone());
                    continue;
                }
            };
            report.find(Some(sequence), format!("原件登记行{}（{}）：{text}。", row.sha256, row.stream));
        }
    }
    for (sha256, named) in gathered.files.iter().filter(|(sha256, _)| !claimed.contains(*sha256)) {
        report.find(Some(named.sequence), format!("第{}项所记的文件{sha256}：原件登记行不在或者被改动。", named.sequence));
    }
    Ok(())
}

/// Sealed bytes that nobody names, and what does not belong in a vault.
fn left_over(vault: &Vault, is_named: impl Fn(&str) -> bool) -> (Vec<Unclaimed>, Vec<String>) {
    let mut unclaimed = vec![];
    let mut strays = vec![];
    for kept in vault.list() {
        match kept {
            Ok(kept) => {
                let sha256 = kept.sha256.to_string();
                if !is_named(&sha256) {
                    unclaimed.push(Unclaimed { sha256, len_bytes: kept.len_bytes });
                }
            }
            Err(VaultError::Stray { path }) => strays.push(format!("原件目录里有不属于它的东西：{}。", path.display())),
            Err(error) => strays.push(format!("原件目录读不全：{error}。")),
        }
    }
    (unclaimed, strays)
}

pub(super) async fn unclaimed(settings: &Settings, store: &Store, report: &mut VerifyReport) -> anyhow::Result<Vec<Unclaimed>> {
    let vault = Vault::open_read_only(settings.data.join("vault"))?;
    // The vault is listed first: bytes sealed after that are younger than any entry read.
    let mut listed = left_over(&vault, |_| false).0;
    let mut named = BTreeSet::new();
    let mut last = 0;
    loop {
        let page = store.database.entries_after(last, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = end.sequence;
        for stored in &page {
            match Entry::from_leaf(stored.leaf.as_bytes()) {
                Ok(entry) => named.extend(digests_in(&serde_json::Value::Object(entry.clear))),
                Err(_) => report.find(Some(stored.sequence), format!("第{}项不能读出。", stored.sequence)),
            }
            named.extend(digests_in(&serde_json::Value::Object(stored.values())));
        }
    }
    listed.retain(|u| !named.contains(&u.sha256));
    Ok(listed)
}

fn digests_in(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(map) => {
            let mut found: Vec<String> = map.get("sha256").and_then(|v| v.as_str()).map(str::to_owned).into_iter().collect();
            found.extend(map.values().flat_map(digests_in));
            found
        }
        serde_json::Value::Array(rows) => rows.iter().flat_map(digests_in).collect(),
        _ => vec![],
    }
}
