//! How many requests a second somebody may make.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Most askers remembered. Past it those are forgotten that have not asked for a second, who lose nothing by it; while
/// there are none of those, newcomers share one allowance.
const ASKERS: usize = 50_000;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    Token(String),
    Address(IpAddr),
    /// Everybody for whom there is no room.
    Others,
}

impl Asker {
    /// An address; of IPv6 the network, since whoever has one address there has all of it.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
            v4 => v4,
        })
    }
}

/// A second's worth of requests for each, which fills up as time goes by.
pub(super) struct Limiter {
    a_second: f64,
    state: Mutex<State>,
}

/// What each has left, and when it was reckoned.
struct State {
    left: HashMap<Asker, (f64, Instant)>,
    /// When those who do not ask any more were last forgotten.
    swept: Option<Instant>,
}

impl Limiter {
    /// `a_second` of 0 is no limit.
    pub(super) fn new(a_second: u32) -> Self {
        Self {
            a_second: f64::from(a_second),
            state: Mutex::new(State {
                left: HashMap::new(),
                swept: None,
            }),
        }
    }

    /// Whether one more request is fine.
    pub(super) fn allows(&self, asker: &Asker) -> bool {
        self.allows_at(asker, Instant::now())
    }

    fn allows_at(&self, asker: &Asker, now: Instant) -> bool {
        if self.a_second == 0.0 {
            return true;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let asker = match state.has_room(asker, now) {
            true => asker,
            false => &Asker::Others,
        };
        let (tokens, last) = state
            .left
            .get(asker)
            .copied()
            .unwrap_or((self.a_second, now));
        let gained = now.duration_since(last).as_secs_f64() * self.a_second;
        let tokens = (tokens + gained).min(self.a_second);
        let is_allowed = tokens >= 1.0;
        let rest = if is_allowed { tokens - 1.0 } else { tokens };
        state.left.insert(asker.clone(), (rest, now));
        is_allowed
    }
}

impl State {
    fn has_room(&mut self, asker: &Asker, now: Instant) -> bool {
        let is_recent = |last: Instant| now.duration_since(last).as_secs_f64() < 1.0;
        if self.left.len() >= ASKERS && !self.swept.is_some_and(is_recent) {
            self.left.retain(|_, (_, last)| is_recent(*last));
            self.swept = Some(now);
        }
        self.left.len() < ASKERS || self.left.contains_key(asker)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn address(n: u32) -> Asker {
        Asker::at(Ipv4Addr::from_bits(n).into())
    }

    #[test]
    fn each_has_a_second_s_worth_which_fills_up_again() {
        let limiter = Limiter::new(3);
        let now = Instant::now();
        let allowed = |who, now| (0..10).filter(|_| limiter.allows_at(&who, now)).count();
        assert_eq!(allowed(address(1), now), 3);
        assert_eq!(allowed(address(2), now), 3);
        assert_eq!(allowed(address(1), now + Duration::from_millis(700)), 2);
        assert_eq!(allowed(address(1), now + Duration::from_secs(60)), 3);
        assert_eq!(allowed(Asker::Token("x".to_owned()), now), 3);
        assert!((0..100).all(|_| Limiter::new(0).allows(&address(1))));
    }

    #[test]
    fn one_network_is_one_asker() {
        let of = |text: &str| Asker::at(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:127.0.0.1"), of("127.0.0.1"));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_memory_without_end() {
        let limiter = Limiter::new(1);
        let now = Instant::now();
        for n in 0..ASKERS as u32 + 100 {
            limiter.allows_at(&address(n), now);
        }
        let len = || limiter.state.lock().expect("nobody panicked").left.len();
        assert!(len() <= ASKERS + 1, "{}", len());
        limiter.allows_at(&address(u32::MAX), now + Duration::from_secs(2));
        assert!(len() < 3, "{}", len());
    }
}
