//! Why a call trapped, in words.

use std::sync::Arc;

use wasmtime::Trap;

use super::{
    Generator, LimitPassed, SandboxError,
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
        let limits = &self.limits;
        match trap.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => return Some(LimitPassed::new("fuel", limits.fuel)),
            Some(Trap::Interrupt) => {
                return Some(LimitPassed::new("time", format_args!("{:?}", limits.time)));
            }
            Some(Trap::StackOverflow) => return Some(LimitPassed::bytes("stack", limits.stack)),
            _ => {}
        }
        if let Some(passed) = trap.downcast_ref::<LimitPassed>() {
            return Some(passed.clone());
        }
        let cause = trap.root_cause().to_string();
        if cause.starts_with(TOO_MUCH_COPIED) {
            return Some(LimitPassed::bytes("call-bytes", limits.call_bytes));
        }
        cause
            .starts_with(TOO_MANY_INSTANCES)
            .then(|| LimitPassed::new("instances", limits.instances))
    }
}
