//! When a request is made once more, and after how long. Pure: nothing here waits or asks.

use std::time::Duration;

use reqwest::StatusCode;

/// How often one thing is tried in all.
pub(super) const TRIES: u32 = 4;
/// The wait before the second try; it doubles from try to try.
const FIRST: Duration = Duration::from_millis(200);
/// The longest wait a server may ask for; a longer one is told to the user instead.
const LONGEST: Duration = Duration::from_secs(20);

/// Why something did not work, and whether that may pass.
pub(in crate::source) enum Passing {
    /// It will be the same the next time.
    No,
    /// The connection or the server failed.
    Soon,
    /// The server asks to wait that long.
    After(Duration),
}

/// What a status says of another try. Only requests that may be repeated are sent at all: nothing here is a POST.
pub(super) fn of_status(status: StatusCode, retry_after: Option<&str>) -> Passing {
    let passes = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    // As a number of seconds alone; a date would have us believe the server's clock.
    let seconds = retry_after.and_then(|text| text.trim().parse().ok());
    match (passes, seconds.map(Duration::from_secs)) {
        (false, _) => Passing::No,
        (true, None) => Passing::Soon,
        (true, Some(wait)) if wait <= LONGEST => Passing::After(wait),
        (true, Some(_)) => Passing::No,
    }
}

/// How long to wait before try `next` (the second is 2); none when that was the last. `chance` is anything: many who
/// failed together shall not come back together.
pub(super) fn wait(next: u32, passing: &Passing, chance: u64) -> Option<Duration> {
    if next > TRIES {
        return None;
    }
    let base = FIRST * 2_u32.pow(next.saturating_sub(2));
    let jitter = base.mul_f64((chance % 1000) as f64 / 1000.0);
    match passing {
        Passing::No => None,
        Passing::Soon => Some(base / 2 + jitter),
        Passing::After(wait) => Some(*wait + jitter / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_a_few_times_and_later_each_time() {
        let waits = |chance| (2..=6).map_while(move |next| wait(next, &Passing::Soon, chance));
        let millis = |chance| {
            waits(chance)
                .map(|wait| wait.as_millis())
                .collect::<Vec<_>>()
        };
        assert_eq!(millis(0), [100, 200, 400]);
        assert_eq!(millis(999), [299, 599, 1199]);
        assert_eq!(wait(2, &Passing::No, 0), None);
    }

    #[test]
    fn a_server_says_how_long_within_limits() {
        let after = |status, text| wait(2, &of_status(status, text), 0);
        let busy = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(after(busy, Some("3")), Some(Duration::from_secs(3)));
        assert_eq!(after(busy, Some("0")), Some(Duration::ZERO));
        assert_eq!(after(busy, Some("86400")), None, "not for a day");
        assert_eq!(
            after(busy, Some("99999999999999999999999")),
            Some(FIRST / 2)
        );
        let date = Some("Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(after(StatusCode::TOO_MANY_REQUESTS, date), Some(FIRST / 2));
        for status in [400, 401, 403, 404, 409, 413, 422, 500, 501] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(after(status, Some("1")), None, "{status}");
        }
    }
}
