//! Who was on a thread when the process ended: a small file that outlives it.
//!
//! A write to a file stays when the process is killed, so the next one can read what this one was doing. That costs a
//! system call at both ends of a poll, so it is done only while some execution is on probation.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::ExecutionId;

const ID: usize = 16;
const NOBODY: [u8; ID] = [0; ID];

/// The file: the execution that runs alone among suspects; then in turn a place for a worker, and one for what an attempt
/// has on a thread of its own.
#[derive(Debug)]
pub(crate) struct BlackBox {
    file: File,
    /// The places for threads of their own that are taken.
    detached: Mutex<BTreeSet<usize>>,
}

/// What the last process left in its black box.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LastMoment {
    /// The suspect that ran while the others waited.
    pub(crate) alone: Option<ExecutionId>,
    /// The executions that were polled.
    pub(crate) polled: Vec<ExecutionId>,
    /// Those of which an attempt had something on a thread of its own.
    pub(crate) detached: Vec<ExecutionId>,
}

impl BlackBox {
    /// Opens the file, reads what the last process left, and empties it.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, LastMoment)> {
        let left = match std::fs::read(path) {
            Ok(left) => left,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.write(true).create(true).truncate(true).open(path)?;
        let places = left.chunks_exact(ID).map(|place| {
            let bytes = <[u8; ID]>::try_from(place).unwrap_or(NOBODY);
            (bytes != NOBODY).then(|| ExecutionId::from_bytes(bytes))
        });
        let mut last = LastMoment::default();
        for (place, id) in places.enumerate() {
            match place {
                0 => last.alone = id,
                place if place % 2 == 1 => last.polled.extend(id),
                _ => last.detached.extend(id),
            }
        }
        Ok((Self { file, detached: Mutex::default() }, last))
    }

    /// Notes the suspect that runs alone.
    pub(crate) fn note_alone(&self, id: Option<ExecutionId>) {
        self.note(0, id);
    }

    /// Notes what a worker polls.
    pub(crate) fn note_polled(&self, worker: usize, id: Option<ExecutionId>) {
        self.note(1 + 2 * worker, id);
    }

    /// Notes that an attempt has something on a thread of its own; returns the place, for when that has ended.
    pub(crate) fn note_detached(&self, id: ExecutionId) -> usize {
        let mut taken = self.detached();
        let place = (0..).find(|place| !taken.contains(place)).unwrap_or_default();
        taken.insert(place);
        drop(taken);
        self.note(2 + 2 * place, Some(id));
        place
    }

    /// Notes that what was noted at this place has ended.
    pub(crate) fn clear_detached(&self, place: usize) {
        // Given back last: whoever takes it then notes something else there.
        self.note(2 + 2 * place, None);
        self.detached().remove(&place);
    }

    fn detached(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.detached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A note that can't be written is missed only if the process ends now.
    fn note(&self, place: usize, id: Option<ExecutionId>) {
        let bytes = id.map_or(NOBODY, |id| *id.as_bytes());
        let _ = write_at(&self.file, &bytes, (place * ID) as u64);
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, offset).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_process_reads_the_last_moment_of_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("box");
        let (first, second) = (ExecutionId::from_bytes([1; 16]), ExecutionId::from_bytes([2; 16]));
        let (black_box, left) = BlackBox::open(&path).unwrap();
        assert_eq!(left, LastMoment::default());
        black_box.note_polled(1, Some(first));
        black_box.note_polled(0, Some(second));
        black_box.note_polled(0, None);
        black_box.note_alone(Some(second));
        let ended = black_box.note_detached(first);
        let goes_on = black_box.note_detached(second);
        black_box.clear_detached(ended);
        drop(black_box);
        let (black_box, left) = BlackBox::open(&path).unwrap();
        assert_eq!(left, LastMoment { alone: Some(second), polled: vec![first], detached: vec![second] });
        assert_eq!(black_box.note_detached(first), ended, "a place that was given back is taken again");
        assert_eq!(black_box.note_detached(first), goes_on, "the last process's places are free");
        black_box.clear_detached(goes_on);
        black_box.clear_detached(ended);
        let (_, left) = BlackBox::open(&path).unwrap();
        assert_eq!(left, LastMoment::default(), "what was read once is gone");
    }
}
