//! Protected scans, sealed chunk by chunk.

use std::io::{Cursor, Read, Write};

use rstest::rstest;
use seal::{CHUNK_SIZE_BYTES, CaseKey, KeyClass, OpenReader, SealWriter};

use crate::office;

const HEADER: usize = 40;
const SEALED_CHUNK: usize = CHUNK_SIZE_BYTES + 16;

/// Bytes that repeat with no chunk's period, so that swapped chunks would differ.
fn pattern(size: usize) -> Vec<u8> {
    (0..size)
        .map(|n| (n % 251) as u8 ^ (n / 65521) as u8)
        .collect()
}

fn seal(key: &CaseKey, plain: &[u8]) -> Vec<u8> {
    let mut writer = SealWriter::new(key, KeyClass::Case, b"scan 1", Vec::new()).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn open(key: &CaseKey, sealed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    OpenReader::new(key, KeyClass::Case, b"scan 1", sealed)?.read_to_end(&mut plain)?;
    Ok(plain)
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(CHUNK_SIZE_BYTES - 1)]
#[case(CHUNK_SIZE_BYTES)]
#[case(CHUNK_SIZE_BYTES + 1)]
#[case(3 * CHUNK_SIZE_BYTES)]
#[case(3 * CHUNK_SIZE_BYTES + 777)]
fn a_scan_of_any_length_opens_again(#[case] size: usize) {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let plain = pattern(size);
    let sealed = seal(&key, &plain);
    assert_eq!(open(&key, &sealed).unwrap(), plain);
    // One chunk at least, and none that holds nothing after a full one.
    let chunks = size.div_ceil(CHUNK_SIZE_BYTES).max(1);
    assert_eq!(sealed.len(), HEADER + size + 16 * chunks);
}

#[test]
fn reads_and_writes_of_odd_sizes_change_nothing() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let plain = pattern(2 * CHUNK_SIZE_BYTES + 5);
    let mut writer = SealWriter::new(&key, KeyClass::Case, b"scan 1", Vec::new()).unwrap();
    for part in plain.chunks(10_007) {
        writer.write_all(part).unwrap();
        writer.flush().unwrap();
    }
    let sealed = writer.finish().unwrap();
    let mut reader = OpenReader::new(&key, KeyClass::Case, b"scan 1", Cursor::new(sealed)).unwrap();
    let mut opened = Vec::new();
    let mut some = [0u8; 977];
    loop {
        match reader.read(&mut some).unwrap() {
            0 => break,
            more => opened.extend_from_slice(&some[..more]),
        }
    }
    assert_eq!(opened, plain);
}

#[test]
fn a_stream_cut_anywhere_is_noticed() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let sealed = seal(&key, &pattern(3 * CHUNK_SIZE_BYTES));
    for cut in [
        0,
        7,
        HEADER - 1,
        HEADER,
        HEADER + 15,
        HEADER + SEALED_CHUNK - 1,
        HEADER + SEALED_CHUNK,
        HEADER + SEALED_CHUNK + 1,
        HEADER + 2 * SEALED_CHUNK,
        sealed.len() - 1,
    ] {
        assert!(open(&key, &sealed[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn chunks_swapped_repeated_dropped_or_added_are_noticed() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let sealed = seal(&key, &pattern(4 * CHUNK_SIZE_BYTES));
    let (header, chunks) = sealed.split_at(HEADER);
    let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK).collect();
    for order in [
        vec![1, 0, 2, 3],
        vec![0, 0, 2, 3],
        vec![0, 2, 3],
        vec![0, 1, 2, 3, 3],
        vec![0, 1, 3, 2],
        vec![3],
    ] {
        let mut forged = header.to_vec();
        order
            .iter()
            .for_each(|&n| forged.extend_from_slice(chunks[n]));
        assert!(open(&key, &forged).is_err(), "{order:?}");
    }
    let mut longer = sealed.clone();
    longer.push(0);
    assert!(open(&key, &longer).is_err());
}

#[test]
fn a_flipped_bit_in_any_chunk_or_in_the_header_is_noticed() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let sealed = seal(&key, &pattern(2 * CHUNK_SIZE_BYTES + 9));
    for at in [
        0,
        8,
        39,
        40,
        HEADER + SEALED_CHUNK - 1,
        HEADER + SEALED_CHUNK,
        sealed.len() - 25,
        sealed.len() - 1,
    ] {
        let mut forged = sealed.clone();
        forged[at] ^= 0x80;
        assert!(open(&key, &forged).is_err(), "byte {at}");
    }
}

#[test]
fn a_chunk_of_another_stream_under_the_same_key_is_noticed() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let plain = pattern(2 * CHUNK_SIZE_BYTES);
    let (mut one, two) = (seal(&key, &plain), seal(&key, &plain));
    one[HEADER..HEADER + SEALED_CHUNK].copy_from_slice(&two[HEADER..HEADER + SEALED_CHUNK]);
    assert!(open(&key, &one).is_err());
}

#[test]
fn a_stream_opens_only_as_what_it_was_sealed() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let sealed = seal(&key, b"page");
    let opens = |class, aad: &[u8], key: &CaseKey| {
        OpenReader::new(key, class, aad, sealed.as_slice())
            .and_then(|mut reader| reader.read_to_end(&mut Vec::new()))
            .is_ok()
    };
    assert!(opens(KeyClass::Case, b"scan 1", &key));
    assert!(!opens(KeyClass::Informant, b"scan 1", &key));
    assert!(!opens(KeyClass::Case, b"scan 2", &key));
    assert!(!opens(
        KeyClass::Case,
        b"scan 1",
        &keys.case_key("other").unwrap()
    ));
}

#[test]
fn reading_on_after_damage_gives_nothing_more() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let sealed = seal(&key, &pattern(CHUNK_SIZE_BYTES + 1));
    let mut forged = sealed[..HEADER].to_vec();
    forged.extend(vec![0u8; SEALED_CHUNK]);
    forged.extend_from_slice(&sealed[HEADER..]);
    let mut reader = OpenReader::new(&key, KeyClass::Case, b"scan 1", forged.as_slice()).unwrap();
    let mut some = [0u8; 64];
    for _ in 0..3 {
        assert!(reader.read(&mut some).is_err());
    }
}

#[test]
fn a_writer_dropped_without_finishing_leaves_nothing_that_opens() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let mut sealed = Vec::new();
    let mut writer = SealWriter::new(&key, KeyClass::Case, b"scan 1", &mut sealed).unwrap();
    writer.write_all(&pattern(3 * CHUNK_SIZE_BYTES)).unwrap();
    drop(writer);
    assert!(open(&key, &sealed).is_err());
}

#[test]
fn any_place_opens_without_what_lies_before_it() {
    let (_place, keys) = office();
    let key = keys.case_key("case").unwrap();
    let plain = pattern(3 * CHUNK_SIZE_BYTES + 777);
    let mut sealed = seal(&key, &plain);
    assert_eq!(seal::opened_len(sealed.len() as u64), plain.len() as u64);
    assert_eq!(seal::sealed_len(plain.len() as u64), sealed.len() as u64);
    // What lies before the place is not even looked at: here it is destroyed.
    sealed[HEADER..HEADER + SEALED_CHUNK].fill(0);
    let at = |class, from: usize| {
        let mut read = Vec::new();
        let reader = OpenReader::at(&key, class, b"scan 1", Cursor::new(&sealed), from as u64);
        reader?.read_to_end(&mut read)?;
        std::io::Result::Ok(read)
    };
    for from in [
        CHUNK_SIZE_BYTES,
        CHUNK_SIZE_BYTES + 1,
        2 * CHUNK_SIZE_BYTES - 1,
        3 * CHUNK_SIZE_BYTES,
        plain.len() - 1,
    ] {
        assert_eq!(at(KeyClass::Case, from).unwrap(), plain[from..]);
    }
    assert!(at(KeyClass::Case, CHUNK_SIZE_BYTES - 1).is_err());
    assert!(at(KeyClass::Case, 5 * CHUNK_SIZE_BYTES).is_err());
    // Another key is told before a byte is read.
    let other = OpenReader::at(
        &key,
        KeyClass::Informant,
        b"scan 1",
        Cursor::new(&sealed),
        2 * CHUNK_SIZE_BYTES as u64,
    );
    assert!(other.is_err());
}
