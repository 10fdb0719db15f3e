//! What a policy may use.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Once;
use std::time::Duration;

use regorus::{Engine, PolicyLengthConfig};

/// What all evaluations of the process may hold together, in bytes: a policy needs a few hundred thousand.
const MEMORY: u64 = 512 << 20;
/// The longest module, in bytes: generated tables of data belong in data files.
pub(super) const LONGEST_MODULE: usize = 1 << 20;
/// The most text that a builtin of regorus takes or could make, in bytes.
pub(super) const LONGEST_TEXT: usize = 4 << 20;
/// How many steps pass between two looks at the clock.
const STEPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

/// What one evaluation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time on the clock. Real policies need microseconds to milliseconds.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(1) }
    }
}

impl Limits {
    /// Set an engine's limits, and once the process's.
    pub(super) fn apply(self, engine: &mut Engine) {
        static MEMORY_LIMIT: Once = Once::new();
        MEMORY_LIMIT.call_once(|| regorus::set_global_memory_limit(Some(MEMORY)));
        engine.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
            limit: self.time,
            check_interval: STEPS,
        });
        // The text was measured when it was read; lowered lines are longer than the author's.
        engine.set_policy_length_config(PolicyLengthConfig {
            max_col: NonZeroU32::MAX,
            max_file_bytes: NonZeroUsize::MAX,
            max_lines: NonZeroUsize::MAX,
        });
    }
}
