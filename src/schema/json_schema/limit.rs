//! A bound on the time that a JSON Schema may take: a few lines of references can ask for more steps than there are
//! atoms, and the library that evaluates them counts none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::policy::engine::ROOMY_STACK;

/// Real schemas take milliseconds, on a busy machine too.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// What the work gives, if it is done in time. Work that is not goes on by itself until it looks at its argument, which
/// then says that nobody waits any more, or the process ends.
pub(super) fn in_time<T: Send + 'static>(work: impl FnOnce(&AtomicBool) -> T + Send + 'static) -> Option<T> {
    let (send, receive) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().stack_size(ROOMY_STACK);
    let is_over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_over);
    thread.spawn(move || _ = send.send(work(&told))).ok()?;
    let done = receive.recv_timeout(LIMIT).ok();
    is_over.store(true, Ordering::Relaxed);
    done
}
