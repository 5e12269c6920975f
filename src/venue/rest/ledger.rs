//! The weight ledger: what may be asked now, and when again if not. Pure; time is an argument.

use model::{DAY, MINUTE, Nanos, SECOND};

use super::instant;

/// How much a request matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// Polls and refreshes: they can wait.
    Routine,
    /// What makes the market whole again: snapshots, missing trades.
    Repair,
    /// What reduces risk: it alone may use the reserve.
    Risk,
}

/// A request may not be sent before this time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotBefore(pub Nanos);

/// Weight that the venue allows an address each minute.
pub const LIMIT: u32 = 2_400;

/// Weight of a minute that only [`Need::Risk`] may use: cancel and flatten everything, twice.
pub const RESERVE: u32 = 400;

/// Weight of a minute that polls leave for repairs: fifteen snapshots and as many pages.
pub const REPAIRS: u32 = 600;

/// The shortest ban the venue gives.
const BAN_MIN: Nanos = Nanos(2 * MINUTE.0);

/// The longest ban the venue gives is three days; what claims more is not believed.
const BAN_MAX: Nanos = Nanos(3 * DAY.0);

/// What the venue said about limits in a reply.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Said {
    /// HTTP status.
    pub status: u16,
    /// `X-MBX-USED-WEIGHT-1M`.
    pub used: Option<u32>,
    /// `Retry-After` in seconds. Documented for spot; honoured, never relied on.
    pub retry_after: Option<u64>,
    /// The end of the ban that the body names.
    pub banned_until: Option<Nanos>,
}

/// The ledger of one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    limit: u32,
    // The venue's minute that `used` counts in.
    minute: u64,
    used: u32,
    // Nothing at all before this: a ban.
    silence: Nanos,
    // Nothing but risk before this: a 429.
    essential: Nanos,
    // Refusals in a row; each one doubles the wait after it.
    refusals: u32,
}

impl Ledger {
    /// A ledger for this many weights a minute.
    #[must_use]
    pub const fn new(limit: u32) -> Self {
        Self { limit, minute: 0, used: 0, silence: Nanos(0), essential: Nanos(0), refusals: 0 }
    }

    /// Weight used in the minute of `now`, as far as known.
    #[must_use]
    pub const fn used(&self, now: Nanos) -> u32 {
        if now.0 / MINUTE.0 == self.minute { self.used } else { 0 }
    }

    /// The end of the ban, if there is one.
    #[must_use]
    pub fn banned(&self, now: Nanos) -> Option<Nanos> {
        (now < self.silence).then_some(self.silence)
    }

    /// Takes weight for a request. `now` is the venue's clock as well as we know it: the minutes
    /// are the venue's.
    ///
    /// # Errors
    /// [`NotBefore`] when it must wait; nothing is taken then.
    pub fn take(&mut self, weight: u32, need: Need, now: Nanos) -> Result<(), NotBefore> {
        self.turn(now);
        if now < self.silence {
            return Err(NotBefore(self.silence));
        }
        if need < Need::Risk && now < self.essential {
            return Err(NotBefore(self.essential));
        }
        let kept = match need {
            Need::Risk => 0,
            Need::Repair => RESERVE,
            Need::Routine => RESERVE + REPAIRS,
        };
        if self.used.saturating_add(weight) > self.limit.saturating_sub(kept) {
            return Err(NotBefore(Nanos((self.minute + 1) * MINUTE.0)));
        }
        self.used += weight;
        Ok(())
    }

    /// Learns from a reply.
    pub fn hear(&mut self, said: Said, now: Nanos) {
        self.turn(now);
        // The header may lag behind requests of ours that are under way: never believe less.
        self.used = said.used.map_or(self.used, |used| used.max(self.used));
        let told =
            said.retry_after.map(|seconds| now.after(Nanos(seconds.saturating_mul(SECOND.0))));
        match said.status {
            418 => {
                self.refusals += 1;
                let guess = now.after(Nanos(BAN_MIN.0 << (self.refusals - 1).min(10)));
                let until = said.banned_until.into_iter().chain(told).max().unwrap_or(guess);
                self.silence = self.silence.max(until.min(now.after(BAN_MAX)));
            }
            429 => {
                self.refusals += 1;
                let next_minute = Nanos((self.minute + 1) * MINUTE.0);
                let until = said.banned_until.into_iter().chain(told).max().unwrap_or(next_minute);
                let until = until.min(now.after(BAN_MAX));
                self.essential = self.essential.max(until).max(next_minute);
            }
            200 => self.refusals = 0,
            _ => {}
        }
    }

    fn turn(&mut self, now: Nanos) {
        let minute = now.0 / MINUTE.0;
        if minute > self.minute {
            self.minute = minute;
            self.used = 0;
        }
    }
}

/// The end of a ban in the text of a -1003: "… banned until 1793000120000. …".
#[must_use]
pub fn banned_until(body: &[u8]) -> Option<Nanos> {
    const MARK: &[u8] = b"banned until ";
    let at = body.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let millis = digits.take(19).fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    instant(millis).filter(|time| time.0 > 0)
}

#[cfg(test)]
mod tests {
    use model::{MINUTE, Nanos, SECOND};

    use super::{LIMIT, Ledger, Need, NotBefore, Said, banned_until};

    const START: u64 = 29_000_000 * MINUTE.0;

    fn at(seconds: u64) -> Nanos {
        Nanos(START + seconds * SECOND.0)
    }

    /// `take WEIGHT NEED` or `hear STATUS [used N] [retry S] [until S]`, `at S` before either.
    fn check(table: &str) {
        let mut ledger = Ledger::new(LIMIT);
        for line in table.trim().lines() {
            let (input, want) = line.split_once('|').expect("a table");
            let words: Vec<&str> = input.split_whitespace().collect();
            let number = |at: usize| words[at].parse::<u64>().expect("a number");
            let now = at(number(0));
            let got = if words[1] == "take" {
                let need = match words[3] {
                    "routine" => Need::Routine,
                    "repair" => Need::Repair,
                    _ => Need::Risk,
                };
                match ledger.take(u32::try_from(number(2)).expect("small"), need, now) {
                    Ok(()) => format!("used {}", ledger.used(now)),
                    Err(NotBefore(time)) => format!("not before {}", (time.0 - START) / SECOND.0),
                }
            } else {
                let find = |name: &str| {
                    words.iter().position(|word| *word == name).map(|at| number(at + 1))
                };
                ledger.hear(
                    Said {
                        status: u16::try_from(number(2)).expect("a status"),
                        used: find("used").map(|used| u32::try_from(used).expect("small")),
                        retry_after: find("retry"),
                        banned_until: find("until").map(at),
                    },
                    now,
                );
                format!("used {}", ledger.used(now))
            };
            assert_eq!(got, want.trim(), "{line}");
        }
    }

    #[test]
    fn each_need_has_its_share_of_a_fixed_minute() {
        check(
            "
            0  take 1400 routine | used 1400
            1  take 1 routine    | not before 60
            2  take 600 repair   | used 2000
            3  take 1 repair     | not before 60
            4  take 400 risk     | used 2400
            59 take 1 risk       | not before 60
            60 take 20 routine   | used 20
        ",
        );
    }

    #[test]
    fn headers_correct_it_upwards_only_within_their_minute() {
        check(
            "
            0  take 20 repair    | used 20
            1  hear 200 used 900 | used 900
            2  hear 200 used 30  | used 900
            3  take 600 routine  | not before 60
            61 hear 200 used 5   | used 5
        ",
        );
    }

    #[test]
    fn too_many_requests_stop_all_but_risk_until_the_next_minute_at_least() {
        check(
            "
            10 hear 429           | used 0
            11 take 1 routine     | not before 60
            11 take 20 repair     | not before 60
            11 take 1 risk        | used 1
            60 take 1 routine     | used 1
            70 hear 429 retry 100 | used 1
            71 take 1 repair      | not before 170
        ",
        );
    }

    #[test]
    fn a_ban_silences_everything_until_its_end_as_named_or_guessed() {
        check(
            "
            0   hear 418 until 300 | used 0
            299 take 1 risk        | not before 300
            300 take 1 routine     | used 1
            301 hear 418 retry 9   | used 1
            302 take 1 risk        | not before 310
            320 hear 200           | used 1
            330 hear 418           | used 1
            331 take 1 risk        | not before 450
            450 hear 418           | used 0
            451 take 1 risk        | not before 690
        ",
        );
    }

    #[test]
    fn no_ban_is_believed_to_last_for_ever() {
        check(
            "
            0      hear 418 until 9999999  | used 0
            0      take 1 risk             | not before 259200
            259201 take 1 risk             | used 1
            259202 hear 429 retry 99999999 | used 1
            259203 take 1 repair           | not before 518402
        ",
        );
    }

    #[test]
    fn the_body_names_the_end_of_a_ban() {
        for (body, want) in [
            (&br#"{"code":-1003,"msg":"Way too many requests; IP(1.2.3.4) banned until 1793000120000. Please use the websocket."}"#[..], Some(1_793_000_120_000)),
            (b"banned until soon", None),
            (b"", None),
            (b"banned until 99999999999999999999999", None),
        ] {
            assert_eq!(banned_until(body), want.map(Nanos::from_millis));
        }
    }
}
