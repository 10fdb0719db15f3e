//! One file of the store. Layout, integers little-endian:
//!
//! ```text
//! header   magic 8 bytes · number of records u32 · buckets as a power of two u32 · check of header and fan-out u64
//! fan-out  2^bits + 1 times u32: index of the first entry of each bucket; a bucket is the first bits of the git id
//! entries  sorted by git id, then facet: id 20 · facet u32 · length u32 · offset u64 · check of key and record u64
//! records
//! ```

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::store::{Facet, Key};

/// Extension of a whole segment.
pub(super) const EXTENSION: &str = "facts";
/// Extension of one that is being written.
pub(super) const TEMPORARY: &str = "part";

const MAGIC: &[u8; 8] = b"PCFACTS1";
const HEADER: usize = 24;
const ENTRY: usize = 44;
/// Entries that a bucket holds on average: one read of about 1.4 KB.
const PER_BUCKET: u32 = 32;
const MAX_BITS: u32 = 16;

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    size: u64,
    count: u32,
    bits: u32,
    fan_out: Vec<u32>,
}

struct Entry {
    key: Key,
    length: u32,
    offset: u64,
    check: u64,
}

/// How much of a file a record takes, its entry included.
pub(super) fn stored_size(length: usize) -> u64 {
    (length + ENTRY) as u64
}

impl Segment {
    /// Open a segment and read its fan-out. A file that is no whole segment is an error of kind `InvalidData`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "damaged, and left out");
        Self::read(path)?.ok_or_else(damaged)
    }

    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut header = [0; HEADER];
        if size < HEADER as u64 {
            return Ok(None);
        }
        file.read_exact(&mut header)?;
        let (count, bits) = (number(&header, 8), number(&header, 12));
        if !header.starts_with(MAGIC) || bits > MAX_BITS || size < (HEADER + ((1 << bits) + 1) * 4) as u64 {
            return Ok(None);
        }
        let mut table = vec![0; ((1 << bits) + 1) * 4];
        file.read_exact(&mut table)?;
        if check(&[header.get(..16).unwrap_or_default(), &table]) != long(&header, 16) {
            return Ok(None);
        }
        let fan_out: Vec<u32> = (0..=1 << bits).map(|at| number(&table, at * 4)).collect();
        let segment = Self { file, size, count, bits, fan_out };
        Ok((segment.records_start() <= size).then_some(segment))
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    fn entries_start(&self) -> u64 {
        (HEADER + self.fan_out.len() * 4) as u64
    }

    fn records_start(&self) -> u64 {
        self.entries_start() + u64::from(self.count) * ENTRY as u64
    }

    /// The entries with these indexes, as they are on disk.
    fn entries(&self, from: u32, to: u32) -> io::Result<Vec<Entry>> {
        let from = from.min(self.count);
        let to = to.clamp(from, self.count);
        let mut bytes = vec![0; (to - from) as usize * ENTRY];
        read_at(&self.file, &mut bytes, self.entries_start() + u64::from(from) * ENTRY as u64)?;
        Ok(bytes.chunks_exact(ENTRY).filter_map(entry).collect())
    }

    /// The record of a key; nothing if it is not there or damaged.
    pub(super) fn get(&self, key: Key) -> Option<Box<[u8]>> {
        let bucket = bucket(&key.id, self.bits);
        let (from, to) = (*self.fan_out.get(bucket)?, *self.fan_out.get(bucket + 1)?);
        let entry = self.entries(from, to).ok()?.into_iter().find(|entry| entry.key == key)?;
        // The length is checked against the file before memory is taken for it.
        if entry.offset.checked_add(u64::from(entry.length))? > self.size {
            return None;
        }
        let mut bytes = vec![0; entry.length as usize];
        read_at(&self.file, &mut bytes, entry.offset).ok()?;
        (record_check(key, &bytes) == entry.check).then(|| bytes.into())
    }

    /// Every key with the length of its record.
    pub(super) fn keys(&self) -> io::Result<Vec<(Key, u32)>> {
        Ok(self.entries(0, self.count)?.into_iter().map(|entry| (entry.key, entry.length)).collect())
    }
}

/// Write a segment of records given in key order by key and length; `record` gives the bytes by position. One that it
/// cannot give, or gives in another length, is kept as an empty damaged one, which no look-up returns.
pub(super) fn write(
    folder: &Path,
    keys: &(impl ExactSizeIterator<Item = (Key, usize)> + Clone),
    record: impl Fn(usize) -> io::Result<Option<Box<[u8]>>>,
) -> io::Result<PathBuf> {
    let too_many = |_| io::Error::other("too many facts for one segment");
    let count = u32::try_from(keys.len()).map_err(too_many)?;
    let bits = (count / PER_BUCKET).checked_ilog2().unwrap_or(0).min(MAX_BITS);
    let mut fan_out = vec![0_u32; (1 << bits) + 1];
    for (key, _) in keys.clone() {
        if let Some(slot) = fan_out.get_mut(bucket(&key.id, bits) + 1) {
            *slot += 1;
        }
    }
    let mut sum = 0;
    for slot in &mut fan_out {
        sum += *slot;
        *slot = sum;
    }
    let table: Vec<u8> = fan_out.iter().flat_map(|index| index.to_le_bytes()).collect();
    let mut header = MAGIC.to_vec();
    header.extend(count.to_le_bytes());
    header.extend(bits.to_le_bytes());
    let header_check = check(&[&header, &table]);
    header.extend(header_check.to_le_bytes());

    let temporary = temporary_path(folder);
    let mut file = BufWriter::new(File::create_new(&temporary)?);
    let mut digest = header_check;
    let written = (|| {
        file.write_all(&header)?;
        file.write_all(&table)?;
        let mut offset = (HEADER + table.len() + keys.len() * ENTRY) as u64;
        for (at, (key, length)) in keys.clone().enumerate() {
            let bytes = record(at)?.filter(|bytes| bytes.len() == length);
            let sum = bytes.as_ref().map_or(0, |bytes| record_check(key, bytes));
            digest = check(&[&digest.to_le_bytes(), &sum.to_le_bytes()]);
            file.write_all(&key.id)?;
            file.write_all(&u32::from(key.facet as u8).to_le_bytes())?;
            file.write_all(&u32::try_from(length).map_err(too_many)?.to_le_bytes())?;
            file.write_all(&offset.to_le_bytes())?;
            file.write_all(&sum.to_le_bytes())?;
            offset += length as u64;
        }
        for (at, (_, length)) in keys.clone().enumerate() {
            match record(at)?.filter(|bytes| bytes.len() == length) {
                Some(bytes) => file.write_all(&bytes)?,
                None => file.write_all(&vec![0; length])?,
            }
        }
        file.flush()
    })();
    let path = folder.join(format!("{digest:016x}.{EXTENSION}"));
    let renamed = written.and_then(|()| fs::rename(&temporary, &path));
    if renamed.is_err() {
        // The error itself is what matters; a left-over is removed by a later run.
        let _ = fs::remove_file(&temporary);
    }
    renamed.map(|()| path)
}

fn temporary_path(folder: &Path) -> PathBuf {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |age| age.as_nanos());
    folder.join(format!("{}-{now}.{TEMPORARY}", std::process::id()))
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let facet = match number(bytes, 20) {
        0 => Facet::Names,
        1 => Facet::Contents,
        2 => Facet::Kustomization,
        3 => Facet::Declarations,
        4 => Facet::Objects,
        _ => return None,
    };
    let id = bytes.get(..20)?.try_into().ok()?;
    let key = Key { id, facet };
    Some(Entry { key, length: number(bytes, 24), offset: long(bytes, 28), check: long(bytes, 36) })
}

fn bucket(id: &[u8; 20], bits: u32) -> usize {
    let [a, b, ..] = *id;
    usize::from(u16::from_be_bytes([a, b])) >> (16 - bits)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn record_check(key: Key, bytes: &[u8]) -> u64 {
    check(&[&key.id, &[key.facet as u8], bytes])
}

/// FNV-1a: guards against damage, not against somebody who may write to the cache anyway.
fn check(parts: &[&[u8]]) -> u64 {
    parts
        .iter()
        .copied()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match std::os::windows::fs::FileExt::seek_read(file, rest, offset + done as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => done += read,
        }
    }
    Ok(())
}
