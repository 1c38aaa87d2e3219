//! How a store file is read: on connections of its own, so that reading never waits for a commit.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::damage::Damage;
use super::readers::Readers;
use super::{SqliteOptions, error, schema};
use crate::store::StoreError;

/// The file, how it is opened, and the connections that read it.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) path: PathBuf,
    pub(super) options: SqliteOptions,
    pub(super) readers: Readers,
    pub(super) damage: Damage,
}

impl Reading {
    /// What SQLite's error means for the user of the store.
    pub(super) fn meant_by(&self, error: &rusqlite::Error) -> StoreError {
        self.damage.judge(error::classify(&self.path, error))
    }

    /// A new connection to the file.
    pub(super) fn connect(
        &self,
        connect: impl FnOnce(&Path, &SqliteOptions) -> Result<Connection, StoreError>,
    ) -> Result<Connection, StoreError> {
        connect(&self.path, &self.options).map_err(|error| self.damage.judge(error))
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut reader = self.readers.take();
        let connection = match reader.connection.take() {
            Some(connection) => connection,
            None => self.connect(schema::connect_to_read)?,
        };
        match read(&connection) {
            Ok(result) => {
                reader.connection = Some(connection);
                Ok(result)
            }
            Err(error) => {
                // What made this connection fail, a disk that fails say, may have misled the others.
                drop(connection);
                drop(reader);
                self.readers.close_all();
                Err(self.meant_by(&error))
            }
        }
    }
}
