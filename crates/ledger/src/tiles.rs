//! Tiles (C2SP tlog-tiles): the paths under which hashes and entries of a
//! ledger are published, and the coding of a bundle of entries.

use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

const LEVEL_MAX: u8 = 63;

/// A tile or a bundle, named by its place. As text its path:
/// `tile/<level>/<index>` or `tile/entries/<index>`, with `.p/<width>` while
/// it is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    content: TileContent,
    index: u64,
    width: u16,
}

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileContent {
    /// Hashes of nodes; a tile of level `n` holds nodes of tree level `8 n`.
    Hashes {
        /// The tile's level, from 0 to 63.
        level: u8,
    },
    /// Leaves.
    Entries,
}

/// A path or a place that names no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tile: level 0 to 63, width 1 to 256, index in groups of three digits")]
pub struct NoTile;

impl Tile {
    /// Names a tile by its content, its index among its like, and the number
    /// of hashes or entries in it.
    ///
    /// # Errors
    ///
    /// A level above 63, a width outside 1 to 256.
    pub fn new(content: TileContent, index: u64, width: u16) -> Result<Self, NoTile> {
        let level_fits = !matches!(content, TileContent::Hashes { level } if level > LEVEL_MAX);
        if level_fits && (1..=TILE_WIDTH).contains(&width) {
            Ok(Self {
                content,
                index,
                width,
            })
        } else {
            Err(NoTile)
        }
    }

    /// What it holds.
    pub fn content(&self) -> TileContent {
        self.content
    }

    /// Its index among its like.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, from 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.content {
            TileContent::Hashes { level } => write!(f, "tile/{level}/")?,
            TileContent::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = Vec::new();
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups.iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = NoTile;

    fn from_str(path: &str) -> Result<Self, NoTile> {
        let rest = path.strip_prefix("tile/").ok_or(NoTile)?;
        let (kind, rest) = rest.split_once('/').ok_or(NoTile)?;
        let content = match kind {
            "entries" => TileContent::Entries,
            level => TileContent::Hashes {
                level: level.parse().map_err(|_| NoTile)?,
            },
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().map_err(|_| NoTile)?),
            None => (rest, TILE_WIDTH),
        };
        let mut index: u64 = 0;
        for group in groups.split('/') {
            let digits: u64 = group
                .strip_prefix('x')
                .unwrap_or(group)
                .parse()
                .map_err(|_| NoTile)?;
            index = index
                .checked_mul(1000)
                .and_then(|index| index.checked_add(digits))
                .ok_or(NoTile)?;
        }
        let tile = Self::new(content, index, width)?;
        // A tile has one path: signs, missing zeros, long groups and a full
        // tile written as a partial one end here.
        if tile.to_string() == path {
            Ok(tile)
        } else {
            Err(NoTile)
        }
    }
}

/// A leaf that does not fit a bundle, or a bundle that ends inside an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A leaf is longer than 16 bits can count.
    #[error("a leaf of {0} bytes does not fit a bundle")]
    LeafTooLarge(usize),
    /// The bytes end inside an entry.
    #[error("the bundle ends inside an entry")]
    Cut,
}

/// The bundle of the leaves: each after its length in two bytes, high first.
///
/// # Errors
///
/// [`BundleError::LeafTooLarge`].
pub fn encode_bundle<'a>(
    leaves: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Vec::new();
    for leaf in leaves {
        let length =
            u16::try_from(leaf.len()).map_err(|_| BundleError::LeafTooLarge(leaf.len()))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(leaf);
    }
    Ok(bundle)
}

/// The leaves of a bundle.
///
/// # Errors
///
/// [`BundleError::Cut`].
pub fn decode_bundle(mut bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut leaves = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>().ok_or(BundleError::Cut)?;
        let (leaf, rest) = rest
            .split_at_checked(u16::from_be_bytes(*length).into())
            .ok_or(BundleError::Cut)?;
        leaves.push(leaf);
        bundle = rest;
    }
    Ok(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(level: u8, index: u64, width: u16) -> String {
        Tile::new(TileContent::Hashes { level }, index, width)
            .unwrap()
            .to_string()
    }

    #[test]
    fn paths_are_those_of_the_tlog_tiles_text() {
        assert_eq!(hashes(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(hashes(1, 0, 256), "tile/1/000");
        assert_eq!(hashes(0, 273, 112), "tile/0/273.p/112");
        assert_eq!(hashes(2, 1000, 1), "tile/2/x001/000.p/1");
        let bundle = Tile::new(TileContent::Entries, 1_000_000, 8).unwrap();
        assert_eq!(bundle.to_string(), "tile/entries/x001/x000/000.p/8");
        assert_eq!(bundle.to_string().parse(), Ok(bundle));
    }

    #[test]
    fn a_tile_has_one_path() {
        for path in [
            "tile/0/1",
            "tile/0/0001",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/00/001",
            "tile/+1/001",
            "tile/64/001",
            "tile/0/001.p/256",
            "tile/0/001.p/0",
            "tile/0/001.p/07",
            "tile/0/001.p/",
            "tile/0/",
            "tile/0",
            "tile/8/0/001",
            "tile/-1/001",
            "tile/entries/+01",
            "/tile/0/001",
            "tile/0/001/",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(NoTile), "{path}");
        }
        assert!(
            "tile/63/x018/x446/x744/x073/x709/x551/615.p/255"
                .parse::<Tile>()
                .is_ok()
        );
    }

    #[test]
    fn a_bundle_counts_each_entry_in_two_bytes() {
        let largest = vec![7; 65_535];
        let leaves: [&[u8]; 4] = [b"{}", b"", b"abc", &largest];
        let bundle = encode_bundle(leaves).unwrap();
        assert_eq!(&bundle[..13], b"\x00\x02{}\x00\x00\x00\x03abc\xff\xff");
        assert_eq!(decode_bundle(&bundle).unwrap(), leaves);
        assert_eq!(
            decode_bundle(&bundle[..bundle.len() - 1]),
            Err(BundleError::Cut)
        );
        assert_eq!(decode_bundle(b"\x00"), Err(BundleError::Cut));
        assert_eq!(
            encode_bundle([&vec![0; 65_536][..]]),
            Err(BundleError::LeafTooLarge(65_536))
        );
    }
}
