//! The file: opened behind its last entry, appended to, put aside when it is large.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use portico_policies::audit::{Chain, Link, Sealer};

use super::AuditSettings;
use super::entry::{Entry, Event};

/// The longest line that is looked for at the end of a file.
const LONGEST: u64 = 1 << 20;

/// The file that is written to, with its chain.
#[derive(Debug)]
pub(super) struct TrailFile {
    path: PathBuf,
    file: File,
    /// Bytes of whole entries that are in it.
    length: u64,
    chain: Chain,
    sealer: Sealer,
    rotate: u64,
    keep: Option<usize>,
}

impl TrailFile {
    /// Opens the file, or makes it. Only one process may write to it.
    pub(super) fn open(settings: &AuditSettings, sealer: Sealer) -> io::Result<Self> {
        let path = settings.path.clone();
        let mut file = appendable(&path)?;
        let (mut newest, length, torn) = last_link(&mut file)?;
        if length == 0
            && let Some(aside) = put_aside(&path)?.pop()
        {
            newest = last_link(&mut File::open(aside)?)?.0;
        }
        file.set_len(length)?;
        let chain = Chain::behind(newest, sealer.clone());
        let mut trail = TrailFile { path, file, length, chain, sealer, rotate: settings.rotate, keep: settings.keep };
        let started = Event::Started { version: env!("CARGO_PKG_VERSION"), torn };
        trail.append(&[Box::new(Entry::event(started))])?;
        Ok(trail)
    }

    /// The newest entry that was written.
    pub(super) fn newest(&self) -> Link {
        self.chain.newest()
    }

    /// Writes entries and sees that they are on the disk. Where that fails none of them is in the file.
    pub(super) fn append(&mut self, entries: &[Box<Entry>]) -> io::Result<()> {
        if self.length >= self.rotate {
            self.put_aside()?;
        }
        let before = self.chain.newest();
        let mut lines = Vec::with_capacity(entries.len() * 512);
        for entry in entries {
            lines.extend_from_slice(&self.chain.seal(entry)?);
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if written.is_err() {
            self.chain = Chain::behind(before, self.sealer.clone());
            // What was written of it would be taken for the next entry's beginning.
            self.file.set_len(self.length)?;
        } else {
            self.length += lines.len() as u64;
        }
        written
    }

    /// Gives the file another name, begins a new one, and removes the oldest if there are too many.
    fn put_aside(&mut self) -> io::Result<()> {
        match std::fs::rename(&self.path, aside(&self.path, self.chain.newest().number)) {
            // It was put aside before, and a new one could not be begun then.
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => {}
            put => put?,
        }
        self.file = appendable(&self.path)?;
        self.length = 0;
        let Some(keep) = self.keep else { return Ok(()) };
        let aside = put_aside(&self.path)?;
        let too_many = aside.len().saturating_sub(keep);
        aside.iter().take(too_many).try_for_each(std::fs::remove_file)
    }
}

/// For this user only: the trail names callers.
fn appendable(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    file.try_lock().map_err(|_| io::Error::other("another process writes to it"))?;
    Ok(file)
}

/// `audit.jsonl` → `audit-000000000042.jsonl`, where 42 is the number of its last entry.
fn aside(path: &Path, number: u64) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{number:012}{extension}"))
}

/// The files that were put aside, oldest first.
pub(crate) fn put_aside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let candidate = entry?.path();
        let digits = candidate.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.rsplit_once('-'));
        let number = digits.filter(|(_, digits)| digits.len() == 12).and_then(|(_, digits)| digits.parse::<u64>().ok());
        found.extend(number.filter(|number| aside(path, *number) == candidate).map(|number| (number, candidate)));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The last whole entry, where it ends, and how many bytes of an unfinished one are behind it.
fn last_link(file: &mut File) -> io::Result<(Link, u64, u64)> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LONGEST);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(LONGEST).read_to_end(&mut tail)?;
    let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
        return if from == 0 { Ok((Link::BEGINNING, 0, length)) } else { Err(no_trail()) };
    };
    let begin = tail[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = std::str::from_utf8(&tail[begin..end]).map_err(|_| no_trail())?;
    let newest = Link::of(line).ok_or_else(no_trail)?;
    let whole = from + end as u64 + 1;
    Ok((newest, whole, length - whole))
}

fn no_trail() -> io::Error {
    io::Error::other("it does not end in an entry of an audit trail; put it aside, or name another file")
}
