//! How much a guest may use, and the counting of it. Every limit has a name; the error of the one that was
//! passed carries it.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The limits of one call into a guest. A fresh store is made for each call, so nothing adds up across calls.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes, in sum over all linear memories.
    pub memory: usize,
    /// Elements, in sum over all tables.
    pub table_elements: usize,
    /// Core instances, memories and tables, each.
    pub instances: usize,
    /// Bytes of the guest's stack.
    pub stack: usize,
    /// Units of wasmtime's fuel, about one an instruction: a verdict that is the same on every machine.
    pub fuel: u64,
    /// Wall time, for what fuel does not count.
    pub time: Duration,
    /// Calls from the guest into the host.
    pub host_calls: u64,
    /// Bytes of one component before it is compiled.
    pub component: usize,
    /// Bytes of all files written.
    pub output: usize,
    /// Files written or removed.
    pub files: usize,
    /// Bytes of text for the user: the log, and again what a call ends with (steps and notes, or a failure).
    pub log: usize,
    /// Bytes read, from the package and the project together.
    pub read: usize,
    /// Files of the user's own that are read or listed.
    pub inputs: usize,
    /// Bytes of strings and lists that cross from the guest in one call (wasmtime's "hostcall fuel").
    pub call_bytes: usize,
}

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 * MIB,
            table_elements: 100_000,
            instances: 64,
            stack: MIB,
            fuel: 20_000_000_000,
            time: Duration::from_secs(30),
            host_calls: 100_000,
            component: 64 * MIB,
            output: 64 * MIB,
            files: 10_000,
            log: MIB,
            read: 64 * MIB,
            inputs: 10_000,
            call_bytes: 80 * MIB,
        }
    }
}

/// A limit that was passed: its name as the user configures it, and what it allowed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("it passed the limit `{name}` ({allowed})")]
pub struct LimitPassed {
    pub name: &'static str,
    pub allowed: String,
}

impl LimitPassed {
    pub(super) fn new(name: &'static str, allowed: impl std::fmt::Display) -> Self {
        Self {
            name,
            allowed: allowed.to_string(),
        }
    }

    pub(super) fn bytes(name: &'static str, allowed: usize) -> Self {
        let allowed = match allowed {
            whole if whole >= MIB && whole.is_multiple_of(MIB) => format!("{} MiB", whole / MIB),
            whole if whole >= KIB && whole.is_multiple_of(KIB) => format!("{} KiB", whole / KIB),
            odd => format!("{odd} bytes"),
        };
        Self::new(name, allowed)
    }
}

/// Sums what wasmtime asks for; wasmtime's own `StoreLimits` counts each memory for itself.
pub(super) struct Meter {
    limits: Limits,
    memory: usize,
    elements: usize,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            memory: 0,
            elements: 0,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self.memory.saturating_add(desired.saturating_sub(current));
        if sum > self.limits.memory {
            // An error traps at once; `false` would let the guest go on and fail somewhere that explains nothing.
            return Err(wasmtime::Error::new(LimitPassed::bytes(
                "memory",
                self.limits.memory,
            )));
        }
        self.memory = sum;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self
            .elements
            .saturating_add(desired.saturating_sub(current));
        if sum > self.limits.table_elements {
            return Err(wasmtime::Error::new(LimitPassed::new(
                "table-elements",
                self.limits.table_elements,
            )));
        }
        self.elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.instances
    }

    fn memories(&self) -> usize {
        self.limits.instances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(result: wasmtime::Result<bool>) -> &'static str {
        result
            .unwrap_err()
            .downcast_ref::<LimitPassed>()
            .unwrap()
            .name
    }

    #[test]
    fn memories_and_tables_are_counted_in_sum() {
        let mut meter = Meter::new(Limits {
            memory: 10,
            table_elements: 10,
            ..Limits::default()
        });
        // A first memory, a second one, the first grows.
        assert!(meter.memory_growing(0, 4, None).unwrap());
        assert!(meter.memory_growing(0, 4, None).unwrap());
        assert_eq!(name(meter.memory_growing(4, 7, None)), "memory");
        assert!(meter.memory_growing(4, 6, None).unwrap());
        assert_eq!(name(meter.memory_growing(0, usize::MAX, None)), "memory");

        assert!(meter.table_growing(0, 6, None).unwrap());
        assert_eq!(name(meter.table_growing(0, 5, None)), "table-elements");
    }

    #[test]
    fn what_was_allowed_is_told_in_round_numbers() {
        for (bytes, told) in [
            (64 * MIB, "64 MiB"),
            (MIB + KIB, "1025 KiB"),
            (1023, "1023 bytes"),
            (0, "0 bytes"),
        ] {
            assert_eq!(LimitPassed::bytes("log", bytes).allowed, told);
        }
    }
}
