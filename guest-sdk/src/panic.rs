//! A panic inside a component is a trap: the host learns that it happened, not where. So the place and the
//! message go to the log first.

use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::log;

/// Called at the start of every export; the hook is set once in an instance.
pub(crate) fn report_to_host() {
    static SET: Once = Once::new();
    SET.call_once(|| std::panic::set_hook(Box::new(|info| log::warn(describe(info)))));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("(no message)");
    match info.location() {
        Some(place) => format!("panic at {place}: {message}"),
        None => format!("panic: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    #[test]
    fn place_and_message_are_named() {
        let seen = Arc::new(Mutex::new(String::new()));
        let keep = Arc::clone(&seen);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            *keep.lock().unwrap() = super::describe(info);
        }));
        let result = std::panic::catch_unwind(|| panic!("lost the thread"));
        std::panic::set_hook(before);
        assert!(result.is_err());
        let text = seen.lock().unwrap().clone();
        assert!(text.starts_with("panic at "), "{text}");
        assert!(text.contains("panic.rs:"), "{text}");
        assert!(text.ends_with(": lost the thread"), "{text}");
    }
}
