//! The connections that read: a few, each used by one caller at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

/// How many there are at most; whoever comes then waits for one. Each costs file handles and a page cache.
const MOST: usize = 16;

/// The connections that nobody uses, and how many are in use.
#[derive(Debug, Default)]
pub(super) struct Readers {
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Connection>,
    in_use: usize,
    /// Grows when all are closed; what was taken before then is not taken back.
    generation: u64,
}

/// The right to one connection, until it is dropped; the connection that is in it then is used again.
pub(super) struct Reader<'a> {
    readers: &'a Readers,
    generation: u64,
    /// `None` if a new one has to be opened.
    pub(super) connection: Option<Connection>,
}

impl Readers {
    /// Takes a connection, as soon as there may be one more.
    pub(super) fn take(&self) -> Reader<'_> {
        let pool = self.pool();
        let full = |pool: &mut Pool| pool.in_use >= MOST;
        let mut pool = self.returned.wait_while(pool, full).unwrap_or_else(PoisonError::into_inner);
        pool.in_use += 1;
        Reader { readers: self, generation: pool.generation, connection: pool.idle.pop() }
    }

    /// Closes all connections: those that are in use when they come back.
    pub(super) fn close_all(&self) {
        let mut pool = self.pool();
        pool.generation += 1;
        pool.idle.clear();
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool();
        pool.in_use -= 1;
        if let Some(connection) = self.connection.take()
            && pool.generation == self.generation
        {
            pool.idle.push(connection);
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn a_connection_from_before_a_failed_write_is_not_used_again() {
        let readers = Readers::default();
        let mut before = readers.take();
        before.connection = Some(open());
        readers.close_all();
        drop(before);
        assert!(readers.take().connection.is_none());
        readers.take().connection = Some(open());
        assert!(readers.take().connection.is_some(), "one from after it is");
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let readers = Readers::default();
        let taken: Vec<_> = (0..MOST).map(|_| readers.take()).collect();
        std::thread::scope(|scope| {
            let next = scope.spawn(|| drop(readers.take()));
            assert_eq!(readers.pool().in_use, MOST);
            drop(taken);
            next.join().unwrap();
        });
        assert_eq!(readers.pool().in_use, 0);
    }
}
