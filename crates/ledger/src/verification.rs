//! Verification of a stored ledger, from its content alone.
//!
//! A [`Walk`] is fed the stored entries in order and says what is wrong, in
//! ledger order, each in a sentence for the office. It trusts nothing that is
//! stored beside the content: every leaf is read again, every hash and every
//! root computed again.

use std::collections::{BTreeSet, HashMap};

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, VerifierKey};
use crate::disclosure::Disclosure;
use crate::entry::Entry;
use crate::tree::{self, Frontier, Hash};

/// An entry as a store holds it: the row's columns, the leaf, its hash, and
/// the state of each of its members.
#[derive(Debug)]
pub struct Stored<'a> {
    /// The row's sequence.
    pub sequence: u64,
    /// The row's stream.
    pub stream: &'a str,
    /// The row's version.
    pub version: u64,
    /// The row's kind.
    pub kind: &'a str,
    /// The leaf.
    pub leaf: &'a [u8],
    /// The leaf's hash as it is stored.
    pub leaf_hash: Hash,
    /// One for each concealed member, in any order.
    pub disclosures: Vec<DisclosureState>,
}

/// The state of one concealed member's value beside the ledger.
#[derive(Debug)]
pub enum DisclosureState {
    /// At hand.
    Open(Disclosure),
    /// Sealed, and the key was not given.
    SealedUnopened,
    /// Erased after its term; the proof stands without it.
    Erased,
    /// Stored, but no disclosure can be read from it.
    Unreadable,
}

/// The head as it is kept in a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadRecord {
    /// The number of entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry it was found at, where it was found at one.
    pub sequence: Option<u64>,
    /// The stream of that entry.
    pub stream: Option<String>,
    /// What sort of wrong it is.
    pub kind: FindingKind,
    /// The sentence for the office; names members, never their values.
    pub text_zh: String,
}

/// The sorts of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// Entries are missing before this one.
    SequenceGap,
    /// This sequence came already, or comes too late.
    SequenceRepeated,
    /// A column of the row is not what the leaf says.
    ColumnDiffers,
    /// The bytes are not a canonical leaf.
    LeafNotCanonical,
    /// The stored hash is not the leaf's.
    LeafHashDiffers,
    /// The stream's versions have a gap or a repeat.
    StreamVersionBroken,
    /// A stored member cannot be read.
    DisclosureUnreadable,
    /// A stored member is not what the entry was written with.
    DisclosureDiffers,
    /// The entry names more members than are stored.
    DisclosuresMissing,
    /// More members are stored than the entry names.
    DisclosuresExtra,
    /// The entries end before the head does.
    TailCut,
    /// The entries go on after the head. A crash between commit and head does
    /// this, and so does a server that writes meanwhile.
    BeyondHead,
    /// The root over the entries is not the head's.
    HeadRootDiffers,
    /// The root over the entries is not that of a checkpoint.
    CheckpointRootDiffers,
    /// A checkpoint cannot be read, or its signature does not hold.
    CheckpointBroken,
    /// Roots cannot be compared because entries are missing.
    RootUnknown,
}

/// What was counted on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries read.
    pub entries: u64,
    /// Members opened and checked.
    pub members_opened: u64,
    /// Members sealed under keys that were not given.
    pub members_sealed: u64,
    /// Members erased.
    pub members_erased: u64,
    /// Checkpoints whose root was computed again and agreed.
    pub checkpoints_agreed: u64,
}

/// The walk along the entries.
#[derive(Debug)]
pub struct Walk {
    next_sequence: u64,
    frontier: Frontier,
    complete: bool,
    head: Option<HeadRecord>,
    // By falling size, so that the next one is the last.
    expected_roots: Vec<ExpectedRoot>,
    agreed_size: u64,
    disagreed: bool,
    versions: HashMap<String, u64>,
    tally: Tally,
}

#[derive(Debug)]
struct ExpectedRoot {
    size: u64,
    root: Hash,
    of_head: bool,
}

/// Reads checkpoints for [`Walk::new`]: those `key` has signed for `origin`,
/// and a finding for each that is none.
pub fn read_checkpoints<'a>(
    notes: impl IntoIterator<Item = &'a str>,
    origin: &str,
    key: &VerifierKey,
) -> (Vec<Checkpoint>, Vec<Finding>) {
    let mut checkpoints = Vec::new();
    let mut findings = Vec::new();
    for (index, note) in notes.into_iter().enumerate() {
        let place = index + 1;
        let reason =
            match SignedCheckpoint::parse(note).and_then(|signed| signed.verify(key).cloned()) {
                Ok(checkpoint) if checkpoint.origin == origin => {
                    checkpoints.push(checkpoint);
                    continue;
                }
                Ok(checkpoint) => format!("属于另一账本“{}”", checkpoint.origin),
                Err(CheckpointError::Unsigned(_)) => "没有本单位密钥的签名".to_owned(),
                Err(CheckpointError::BadSignature(_)) => "签名不成立,内容被改动过".to_owned(),
                Err(_) => "内容不成格式".to_owned(),
            };
        findings.push(Finding {
            sequence: None,
            stream: None,
            kind: FindingKind::CheckpointBroken,
            text_zh: format!("第{place}个检查点{reason}。"),
        });
    }
    (checkpoints, findings)
}

impl Walk {
    /// Sets out. The roots to compare are given beforehand because each is
    /// compared while the walk passes its size: this tells between which two
    /// sizes an entry was rewritten, without keeping every hash.
    ///
    /// Read the head before the entries when a server is writing meanwhile.
    pub fn new(head: Option<HeadRecord>, checkpoints: &[Checkpoint]) -> Self {
        let mut expected_roots: Vec<_> = checkpoints
            .iter()
            .map(|checkpoint| ExpectedRoot {
                size: checkpoint.size,
                root: checkpoint.root,
                of_head: false,
            })
            .chain(head.map(|head| ExpectedRoot {
                size: head.size,
                root: head.root,
                of_head: true,
            }))
            .collect();
        expected_roots.sort_by_key(|expected| std::cmp::Reverse((expected.size, expected.of_head)));
        Self {
            next_sequence: 1,
            frontier: Frontier::default(),
            complete: true,
            head,
            expected_roots,
            agreed_size: 0,
            disagreed: false,
            versions: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Takes the next entry, in the store's order of sequence, and says what
    /// is wrong up to it.
    pub fn feed(&mut self, stored: &Stored) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.compare_roots(&mut findings);
        self.tally.entries += 1;
        let mut at = At {
            stored,
            findings: &mut findings,
        };
        let in_order = self.check_sequence(&mut at);
        let hash = tree::leaf_hash(stored.leaf);
        if hash != stored.leaf_hash {
            at.find(
                FindingKind::LeafHashDiffers,
                "所存的散列值与叶子内容重算的结果不符",
            );
        }
        match Entry::from_leaf(stored.leaf) {
            Err(_) => at.find(
                FindingKind::LeafNotCanonical,
                "叶子内容不是规范格式,已被改动或损坏",
            ),
            Ok(entry) => {
                check_columns(&mut at, &entry);
                self.check_disclosures(&mut at, &entry);
            }
        }
        if in_order {
            self.check_version(&mut at);
            self.frontier.append(hash, |_, _, _| ());
        }
        findings
    }

    /// Arrives: compares the end with the head and the last checkpoints.
    pub fn finish(mut self) -> (Vec<Finding>, Tally) {
        let mut findings = Vec::new();
        self.compare_roots(&mut findings);
        let last = self.next_sequence - 1;
        // What was signed or kept apart beyond the end was cut off.
        let promised = self
            .expected_roots
            .iter()
            .map(|expected| expected.size)
            .max()
            .unwrap_or(0);
        if promised > last {
            let by = match self.head {
                Some(head) if head.size == promised => "另处保存的存证首",
                _ => "已签名的检查点",
            };
            let first = last + 1;
            findings.push(Finding::of_ledger(
                FindingKind::TailCut,
                format!("{by}记有{promised}项,实存止于第{last}项:第{first}项至第{promised}项已不在,账本尾部被截去或整库被换回旧时。"),
            ));
        }
        if let Some(head) = self.head.filter(|head| head.size < last) {
            findings.push(Finding::of_ledger(
                FindingKind::BeyondHead,
                format!(
                    "实存至第{last}项,另处保存的存证首只记到第{}项:多出的各项在记下存证首之前断电,或核验时仍有写入。",
                    head.size
                ),
            ));
        }
        let unknown = self
            .expected_roots
            .iter()
            .any(|expected| expected.size <= last);
        if !self.complete && unknown {
            findings.push(Finding::of_ledger(
                FindingKind::RootUnknown,
                "因有缺项,缺失处之后的根值无法重算比对。".to_owned(),
            ));
        }
        (findings, self.tally)
    }

    /// Compares what is expected of the size reached.
    fn compare_roots(&mut self, findings: &mut Vec<Finding>) {
        let size = self.frontier.size();
        if !self.complete {
            return;
        }
        while let Some(expected) = self.expected_roots.pop_if(|expected| expected.size <= size) {
            let agrees = expected.root == self.frontier.root();
            if agrees {
                self.agreed_size = size;
                self.disagreed = false;
                self.tally.checkpoints_agreed += u64::from(!expected.of_head);
            } else if expected.of_head {
                findings.push(Finding::of_ledger(
                    FindingKind::HeadRootDiffers,
                    format!(
                        "逐条重算的根值与另处保存的存证首(共{size}项)不符:{}。",
                        self.range_in_doubt(size)
                    ),
                ));
            } else if !self.disagreed {
                // Every later root must differ too; the first says it all.
                self.disagreed = true;
                findings.push(Finding::of_ledger(
                    FindingKind::CheckpointRootDiffers,
                    format!(
                        "逐条重算的根值与已签名的检查点(共{size}项)不符:{}。",
                        self.range_in_doubt(size)
                    ),
                ));
            }
        }
    }

    fn range_in_doubt(&self, size: u64) -> String {
        let first = self.agreed_size + 1;
        match first.cmp(&size) {
            std::cmp::Ordering::Less => {
                format!("第{first}项至第{size}项之间有内容被改写、删除或掉换")
            }
            std::cmp::Ordering::Equal => format!("第{size}项被改写"),
            // Another record of this very size agreed.
            std::cmp::Ordering::Greater => "另一条同样项数的记录却相符,此记录本身不实".to_owned(),
        }
    }

    /// Whether the entry stands where the walk is.
    fn check_sequence(&mut self, at: &mut At) -> bool {
        let (expected, sequence) = (self.next_sequence, at.stored.sequence);
        if sequence < expected {
            at.find(FindingKind::SequenceRepeated, "此序号重复出现或次序颠倒");
            return false;
        }
        if sequence > expected {
            self.complete = false;
            let last = sequence - 1;
            let missing = if expected == last {
                format!("第{expected}项")
            } else {
                format!("第{expected}项至第{last}项")
            };
            at.find(FindingKind::SequenceGap, &format!("在此之前缺{missing}"));
        }
        // A sequence at the end of the numbers is no reason to crash.
        self.next_sequence = sequence.saturating_add(1);
        true
    }

    fn check_version(&mut self, at: &mut At) {
        let version = at.stored.version;
        let last = match self.versions.get_mut(at.stored.stream) {
            Some(last) => std::mem::replace(last, version),
            None => {
                self.versions.insert(at.stored.stream.to_owned(), version);
                0
            }
        };
        let expected = last.saturating_add(1);
        if version != expected {
            at.find(
                FindingKind::StreamVersionBroken,
                &format!("所属流内的版次应为{expected},实为{version}"),
            );
        }
    }

    fn check_disclosures(&mut self, at: &mut At, entry: &Entry) {
        let mut opened = BTreeSet::new();
        for state in &at.stored.disclosures {
            match state {
                DisclosureState::Open(disclosure) => {
                    self.tally.members_opened += 1;
                    let digest = disclosure.digest();
                    let name = disclosure.name();
                    if entry.sd.binary_search(&digest).is_err() {
                        at.find(
                            FindingKind::DisclosureDiffers,
                            &format!("字段“{name}”的内容与记录时的摘要不符,已被改动"),
                        );
                    } else if !opened.insert(digest) {
                        at.find(
                            FindingKind::DisclosureDiffers,
                            &format!("字段“{name}”重复存放"),
                        );
                    }
                }
                DisclosureState::SealedUnopened => self.tally.members_sealed += 1,
                DisclosureState::Erased => self.tally.members_erased += 1,
                DisclosureState::Unreadable => {
                    at.find(
                        FindingKind::DisclosureUnreadable,
                        "有一个字段的内容无法读出,已被改动或损坏",
                    );
                }
            }
        }
        let (named, stored) = (entry.sd.len(), at.stored.disclosures.len());
        if stored < named {
            at.find(
                FindingKind::DisclosuresMissing,
                &format!("应有{named}个字段,实存{stored}个,缺{}个", named - stored),
            );
        } else if stored > named {
            at.find(
                FindingKind::DisclosuresExtra,
                &format!("应有{named}个字段,实存{stored}个,多{}个", stored - named),
            );
        }
    }
}

fn check_columns(at: &mut At, entry: &Entry) {
    let stored = at.stored;
    let columns: [(&str, String, String); 4] = [
        (
            "序号",
            stored.sequence.to_string(),
            entry.sequence.to_string(),
        ),
        ("所属流", stored.stream.to_owned(), entry.stream.clone()),
        (
            "版次",
            stored.version.to_string(),
            entry.version.to_string(),
        ),
        ("事项种类", stored.kind.to_owned(), entry.kind.clone()),
    ];
    for (column, row, leaf) in columns {
        if row != leaf {
            at.find(
                FindingKind::ColumnDiffers,
                &format!("数据行的{column}为“{row}”,叶子中为“{leaf}”,数据行被改动"),
            );
        }
    }
}

impl Finding {
    fn of_ledger(kind: FindingKind, text_zh: String) -> Self {
        Self {
            sequence: None,
            stream: None,
            kind,
            text_zh,
        }
    }
}

/// Collects findings at one entry.
struct At<'a, 'b> {
    stored: &'a Stored<'a>,
    findings: &'b mut Vec<Finding>,
}

impl At<'_, '_> {
    fn find(&mut self, kind: FindingKind, text: &str) {
        let Stored {
            sequence, stream, ..
        } = self.stored;
        self.findings.push(Finding {
            sequence: Some(*sequence),
            stream: Some((*stream).to_owned()),
            kind,
            text_zh: format!("第{sequence}项({stream}):{text}。"),
        });
    }
}
