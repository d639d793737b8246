//! Showing that work is going on: a spinner or a bar on stderr, and only once somebody might wonder.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done before this is not worth a flicker.
const PATIENCE: Duration = Duration::from_millis(300);

/// Work going on. Shown on a terminal after [`PATIENCE`], gone when dropped; on anything else it does nothing.
pub struct Progress {
    bar: ProgressBar,
    colored: bool,
    /// Dropping it wakes the thread that waits to show the bar.
    wake: Option<Sender<()>>,
    waiter: Option<JoinHandle<()>>,
}

impl Progress {
    /// Turns the spinner into a bar towards `length` bytes.
    pub fn length(&self, length: u64) {
        self.bar.set_length(length);
        self.bar.set_style(bar_style(self.colored));
    }

    /// That many bytes more.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    /// What is being worked on now.
    pub fn message(&self, message: &str) {
        self.bar.set_message(super::clean::line_within(message, 80));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(waiter) = self.waiter.take() {
            // It only waits and draws; if it panicked there is nothing to clear.
            let _ = waiter.join();
        }
        self.bar.finish_and_clear();
    }
}

/// The bars of all work that was begun and is not done, from any thread.
type Running = Arc<Mutex<Vec<ProgressBar>>>;

/// The latest of them.
fn latest(running: &Running) -> Option<ProgressBar> {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|bar| !bar.is_finished());
    running.last().cloned()
}

/// All work shown at present, so that a line printed meanwhile does not end up inside a bar.
pub(super) struct Bars {
    shown: bool,
    colored: bool,
    running: Running,
}

impl Bars {
    pub(super) fn new(shown: bool, colored: bool) -> Self {
        Self {
            shown,
            colored,
            running: Running::default(),
        }
    }

    pub(super) fn start(&self, message: &str) -> Progress {
        begin(self.shown, self.colored, &self.running, message)
    }

    /// Shows how far a transfer is: bytes so far, bytes in all. In the work that is going on, or as work of its own.
    pub(super) fn watch(&self) -> Arc<dyn Fn(u64, u64) + Send + Sync> {
        let (shown, colored, running) = (self.shown, self.colored, Arc::clone(&self.running));
        let own: Mutex<Option<Progress>> = Mutex::default();
        Arc::new(move |done, all| {
            let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
            let bar = latest(&running).unwrap_or_else(|| {
                let progress = begin(shown, colored, &running, "Fetching");
                own.insert(progress).bar.clone()
            });
            if bar.length() != Some(all) {
                bar.set_length(all);
                bar.set_style(bar_style(colored));
            }
            bar.set_position(done);
            if done >= all {
                bar.unset_length();
                bar.set_style(spinner_style(colored));
                *own = None;
            }
        })
    }

    /// Does something to the screen while no bar is on it.
    pub(super) fn suspended<T>(&mut self, action: impl FnOnce() -> T) -> T {
        match latest(&self.running) {
            Some(bar) => bar.suspend(action),
            None => action(),
        }
    }
}

fn begin(shown: bool, colored: bool, running: &Running, message: &str) -> Progress {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if !shown {
        return Progress {
            bar,
            colored,
            wake: None,
            waiter: None,
        };
    }
    bar.set_style(spinner_style(colored));
    bar.set_message(message.to_owned());
    running
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(bar.clone());
    let (wake, woken) = mpsc::channel::<()>();
    let waiting = bar.clone();
    let waiter = thread::spawn(move || {
        if woken.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            waiting.set_draw_target(ProgressDrawTarget::stderr());
            waiting.enable_steady_tick(Duration::from_millis(80));
        }
    });
    Progress {
        bar,
        colored,
        wake: Some(wake),
        waiter: Some(waiter),
    }
}

const SPINNER: &str = "{spinner:.cyan} {msg}";
const BAR: &str = "{spinner:.cyan} {msg} [{bar:24.cyan}] {bytes}/{total_bytes}";

fn spinner_style(colored: bool) -> ProgressStyle {
    styled(ProgressStyle::default_spinner(), SPINNER, colored)
}

fn bar_style(colored: bool) -> ProgressStyle {
    styled(ProgressStyle::default_bar(), BAR, colored)
}

fn styled(style: ProgressStyle, template: &str, colored: bool) -> ProgressStyle {
    let template = if colored {
        template.to_owned()
    } else {
        plain(template)
    };
    // A template that does not parse would be a mistake here; the plain style does as well.
    style.clone().template(&template).unwrap_or(style)
}

fn plain(template: &str) -> String {
    template.replace(":.cyan", "").replace(".cyan", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_parse() {
        for template in [SPINNER, BAR, &plain(SPINNER), &plain(BAR)] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }

    #[test]
    fn short_work_is_never_drawn() {
        let mut bars = Bars::new(true, true);
        let progress = bars.start("quick");
        assert!(progress.bar.is_hidden());
        drop(progress);
        assert_eq!(bars.suspended(|| 1), 1);
        assert!(
            latest(&bars.running).is_none(),
            "finished work is forgotten"
        );
    }

    #[test]
    fn without_a_terminal_nothing_runs() {
        let bars = Bars::new(false, false);
        let progress = bars.start("quick");
        progress.length(10);
        progress.advance(10);
        assert!(progress.waiter.is_none() && latest(&bars.running).is_none());
    }

    #[test]
    fn a_transfer_is_shown_in_the_work_that_goes_on_or_as_its_own() {
        let bars = Bars::new(true, false);
        let watch = bars.watch();
        let progress = bars.start("at work");
        watch(3, 10);
        let seen = (progress.bar.position(), progress.bar.length());
        assert_eq!(seen, (3, Some(10)));
        watch(10, 10);
        assert_eq!(progress.bar.length(), None);
        drop(progress);
        watch(1, 5);
        let own = latest(&bars.running).unwrap();
        assert_eq!((own.position(), own.message()), (1, "Fetching".to_owned()));
        watch(5, 5);
        assert!(own.is_finished() && latest(&bars.running).is_none());
    }
}
