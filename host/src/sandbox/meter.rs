//! Sums what wasmtime asks for; its own `StoreLimits` counts each memory for itself.

use wasmtime::ResourceLimiter;

use super::limits::{Limit, Limits};

pub(super) struct Meter {
    limits: Limits,
    memory: usize,
    elements: u64,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            memory: 0,
            elements: 0,
        }
    }

    /// How many of each kind. `usize` is what wasmtime counts in.
    fn instances(&self) -> usize {
        usize::try_from(self.limits.instances).unwrap_or(usize::MAX)
    }

    /// An error traps at once; `false` would let the guest go on and fail somewhere that explains nothing.
    fn passed(&self, limit: Limit) -> wasmtime::Result<bool> {
        Err(wasmtime::Error::new(self.limits.passed(limit)))
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
            return self.passed(Limit::Memory);
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
        let more = desired.saturating_sub(current) as u64;
        let sum = self.elements.saturating_add(more);
        if sum > self.limits.table_elements {
            return self.passed(Limit::TableElements);
        }
        self.elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances()
    }

    fn tables(&self) -> usize {
        self.instances()
    }

    fn memories(&self) -> usize {
        self.instances()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::LimitPassed;

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
}
