//! Large payloads in files beside the store.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Serdes, SerdesContext, SerdesError, SerdesFuture};

/// Moves payloads over a threshold to files in a folder; the record keeps the file's name.
///
/// What is recorded is `{"data": …}` or `{"file": "…"}`. A file is complete and on the disk before its name is
/// recorded. Files stay when an execution is deleted: whoever owns the folder cleans it up. Which payloads pass it says
/// [`Serdes`].
///
/// **Recorded:** the payload, or the name of its file. **Replay:** reads the file. **Errors:** a file that can't be written
/// fails its operation; one that is gone parks the execution.
///
/// ```
/// use durable::FileOverflow;
/// use durable::prelude::*;
///
/// async fn scan() -> Vec<u8> {
///     vec![7; 1_000]
/// }
///
/// #[durable]
/// async fn archive() -> usize {
///     #[step]
///     let pages = scan().await;
///     pages.len()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("scans");
/// let files = FileOverflow::new(&folder).threshold_bytes(100);
/// let engine = Engine::in_memory().register(archive).serdes(files).start().await?;
/// assert_eq!(engine.start(archive()).await?.output().await?, 1_000);
/// assert_eq!(std::fs::read_dir(&folder)?.count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileOverflow {
    folder: PathBuf,
    threshold_bytes: usize,
}

/// A payload as it is recorded.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Envelope {
    Data(String),
    File(String),
}

impl FileOverflow {
    /// Files go to this folder, which is created if there is none; payloads of up to 255 KiB stay in the record.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), threshold_bytes: 255 * 1024 }
    }

    /// The longest payload that stays in the record.
    #[must_use]
    pub fn threshold_bytes(mut self, bytes: usize) -> Self {
        self.threshold_bytes = bytes;
        self
    }

    fn store(&self, json: String, at: &SerdesContext) -> Result<String, SerdesError> {
        let envelope = if json.len() <= self.threshold_bytes {
            Envelope::Data(json)
        } else {
            // A condition's state is written more than once, so the name is not the operation's alone.
            let file = format!("{}-{}-{}.json", at.execution, at.operation, uuid::Uuid::now_v7());
            write_whole(&self.folder, &file, json.as_bytes())
                .map_err(|error| SerdesError::new(format!("{}: {error}", self.folder.join(&file).display())))?;
            Envelope::File(file)
        };
        serde_json::to_string(&envelope).map_err(SerdesError::new)
    }

    fn fetch(&self, text: &str, at: &SerdesContext) -> Result<String, SerdesError> {
        let envelope = serde_json::from_str(text)
            .map_err(|error| SerdesError::new(format!("the payload is no file envelope: {error}")))?;
        match envelope {
            Envelope::Data(json) => Ok(json),
            // The name comes from a record, which must not lead anywhere else.
            Envelope::File(file)
                if file.starts_with(&format!("{}-{}-", at.execution, at.operation)) && is_plain(&file) =>
            {
                let path = self.folder.join(&file);
                std::fs::read_to_string(&path).map_err(|error| SerdesError::new(format!("{}: {error}", path.display())))
            }
            Envelope::File(file) => Err(SerdesError::new(format!("{file:?} is not a file of this operation"))),
        }
    }
}

fn is_plain(file: &str) -> bool {
    file.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Writes beside and renames, so that a name only ever stands for a whole file.
fn write_whole(folder: &Path, file: &str, bytes: &[u8]) -> std::io::Result<()> {
    if let Err(error) = std::fs::create_dir_all(folder)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let temporary = folder.join(format!("{file}.new"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&temporary)?;
    std::io::Write::write_all(&mut new, bytes)?;
    new.sync_all()?;
    std::fs::rename(&temporary, folder.join(file))?;
    std::fs::File::open(folder)?.sync_all()
}

impl Serdes for FileOverflow {
    fn serialize<'a>(&'a self, json: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        let (this, at) = (self.clone(), at.clone());
        Box::pin(async move { blocking(move || this.store(json, &at)).await })
    }

    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        let (this, at) = (self.clone(), at.clone());
        Box::pin(async move { blocking(move || this.fetch(&text, &at)).await })
    }
}

/// Disk work must not hold the worker's other executions up.
async fn blocking(work: impl FnOnce() -> Result<String, SerdesError> + Send + 'static) -> Result<String, SerdesError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(SerdesError::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ExecutionId, OperationId};
    use crate::value::Origin;

    fn place(operation: &str) -> SerdesContext {
        SerdesContext {
            execution: ExecutionId::from_bytes([1; 16]),
            operation: OperationId::from_text(operation),
            origin: Origin::Record,
        }
    }

    #[test]
    fn only_long_payloads_go_to_files() {
        let folder = tempfile::tempdir().unwrap();
        let serdes = FileOverflow::new(folder.path().join("payloads")).threshold_bytes(4);
        let short = serdes.store("1234".into(), &place("op")).unwrap();
        assert_eq!(short, r#"{"data":"1234"}"#);
        assert!(!folder.path().join("payloads").exists());
        let long = serdes.store("12345".into(), &place("op")).unwrap();
        assert!(long.starts_with(r#"{"file":"01010101"#), "{long}");
        assert_eq!(serdes.fetch(&long, &place("op")).unwrap(), "12345");
        assert_eq!(serdes.fetch(&short, &place("op")).unwrap(), "1234");
    }

    #[test]
    fn a_record_leads_to_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        let serdes = FileOverflow::new(folder.path()).threshold_bytes(0);
        let other = serdes.store("1".into(), &place("other")).unwrap();
        assert!(serdes.fetch(&other, &place("op")).is_err());
        let id = ExecutionId::from_bytes([1; 16]);
        for file in ["secret".to_owned(), "../secret".to_owned(), format!("{id}-op-/../../secret")] {
            assert!(serdes.fetch(&format!(r#"{{"file":"{file}"}}"#), &place("op")).is_err(), "{file}");
        }
    }
}
