//! Why a call trapped, in words.

use std::sync::Arc;

use wasmtime::Trap;

use super::{
    Generator, Limit, LimitPassed, SandboxError,
    state::{State, Unreadable},
};

/// How wasmtime begins the errors of the two limits it counts itself and gives no type. The tests with hostile
/// guests fail when a new version words them otherwise; until then they would show as crashes.
const TOO_MUCH_COPIED: &str = "too much data is being copied between the host and the guest";
const TOO_MANY_INSTANCES: &str = "resource limit exceeded";

impl Generator {
    pub(super) fn explain(&self, trap: &wasmtime::Error, state: &State) -> SandboxError {
        let package = self.package.clone();
        if let Some(source) = self.limit(trap) {
            return SandboxError::Limit { package, source };
        }
        if let Some(Unreadable(source)) = trap.downcast_ref() {
            let source = Arc::clone(source);
            return SandboxError::Input { package, source };
        }
        // The SDK says where a panic was before it traps.
        let said = state
            .log
            .iter()
            .rev()
            .find(|line| line.text.starts_with("panic at "));
        let reason = said.map_or_else(|| trap.root_cause().to_string(), |line| line.text.clone());
        SandboxError::Crashed { package, reason }
    }

    fn limit(&self, trap: &wasmtime::Error) -> Option<LimitPassed> {
        if let Some(passed) = trap.downcast_ref::<LimitPassed>() {
            return Some(passed.clone());
        }
        let limit = match trap.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Limit::Fuel,
            Some(Trap::Interrupt) => Limit::Time,
            Some(Trap::StackOverflow) => Limit::Stack,
            _ => {
                let cause = trap.root_cause().to_string();
                let named = [
                    (TOO_MUCH_COPIED, Limit::CallBytes),
                    (TOO_MANY_INSTANCES, Limit::Instances),
                ];
                let named = named
                    .into_iter()
                    .find(|(begin, _)| cause.starts_with(begin));
                named?.1
            }
        };
        Some(self.limits.passed(limit))
    }
}
