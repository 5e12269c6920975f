//! The floor: the same frames over the same TLS sockets, read by a loop that does nothing else.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{Instrument, Instruments, Nanos, Route};
use runtime::pin::{keep_off, pin};
use runtime::{Clock, Core};
use venue::feed::dial::{Target, dial};
use venue::feed::link::{Arrival, Link};
use venue::feed::streams::Subscription;
use venue::feed::tls;

use crate::serve::{SILENCE, found};
use crate::stamps::Frame;
use crate::steady::Steady;
use crate::switches::{Bearing, Meter, Turn, Watched};
use crate::{Failure, INSTRUMENT};

/// Spins on both routes of the venue at `at` until it is silent: the frames with their first
/// stamp, and when the reader lost its core.
///
/// # Errors
/// What went wrong, in a sentence.
pub fn run(at: &Path, core: Option<Core>) -> Result<(Vec<Frame>, Watched, String), Failure> {
    let _ = core.is_none_or(|core| keep_off(&[core]));
    let (port, pem) = found(at)?;
    let config = tls::config(&tls::certificates(&pem)?).map_err(|error| error.to_string())?;
    let mut instruments = Instruments::default();
    let instrument = Instrument::parse(INSTRUMENT).map_err(|error| error.to_string())?;
    instruments.put(instrument).map_err(|error| format!("{error:?}"))?;
    let subscription = Subscription::default();
    let open = |route: Route| {
        let path = subscription.path(&instruments, route);
        let target = Target { host: "127.0.0.1".into(), port, path, greetings: Vec::new() };
        dial(&target, Arc::clone(&config), Duration::from_secs(10))
            .map_err(|error| error.to_string())
    };
    let steady = Steady::start();
    let clock = steady.clock.clone();
    let links = [open(Route::Public)?, open(Route::Market)?];
    let reader = std::thread::Builder::new()
        .name("hot-bare".into())
        .spawn(move || {
            if let Some(core) = core
                && !pin(core)
            {
                return Err(format!("core {core} is refused"));
            }
            Ok(spin(links, clock))
        })
        .map_err(|error| error.to_string())?;
    let (frames, watched) = reader.join().map_err(|_| "the reader died".to_owned())??;
    let told = format!("{} frames stamped; clock off by {} ns", frames.len(), steady.error());
    Ok((frames, watched, told))
}

fn spin(mut links: [Link; 2], mut clock: Clock) -> (Vec<Frame>, Watched) {
    let blank = Frame { trade: true, id: 1, at: [Some(Nanos(1)); 5] };
    let mut frames = vec![blank; 1 << 20];
    frames.clear();
    let mut meter = Meter::new(Bearing::Spins);
    let mut last = Nanos::NONE;
    loop {
        let mut turn = Turn::Idle;
        for link in &mut links {
            link.look();
            loop {
                match link.arrival() {
                    Arrival::Message(at) => {
                        (last, turn) = (clock.now(), Turn::Busy);
                        let frame = frame(&link.bytes()[at], last);
                        if let Some(frame) = frame.filter(|_| frames.len() < frames.capacity()) {
                            frames.push(frame);
                        }
                    }
                    Arrival::Idle => break,
                    Arrival::Lost(..) => return (frames, meter.end()),
                }
            }
        }
        let now = clock.now();
        meter.turn(now, turn);
        if last != Nanos::NONE && now.since(last) > SILENCE {
            return (frames, meter.end());
        }
        std::hint::spin_loop();
    }
}

/// Which frame it was; none that is reported otherwise.
fn frame(bytes: &[u8], read: Nanos) -> Option<Frame> {
    let trade = has(bytes, b"\"e\":\"aggTrade\"");
    if !trade && !has(bytes, b"\"e\":\"depthUpdate\"") {
        return None;
    }
    let id = number(bytes, if trade { b"\"a\":" } else { b"\"u\":" })?;
    Some(Frame { trade, id, at: [Some(read), None, None, None, None] })
}

/// Whether it stands in the head of a frame.
fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes[..bytes.len().min(256)].windows(part.len()).any(|window| window == part)
}

fn number(bytes: &[u8], key: &[u8]) -> Option<u64> {
    let head = &bytes[..bytes.len().min(400)];
    let from = head.windows(key.len()).position(|window| window == key)? + key.len();
    let digits = head[from..].iter().take_while(|byte| byte.is_ascii_digit());
    let value = digits
        .fold(0_u64, |value, byte| value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')));
    (value > 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::frame;

    #[test]
    fn frames_are_known_by_kind_and_id() {
        let seen = |text: &str| frame(text.as_bytes(), Nanos(7)).map(|one| (one.trade, one.id));
        for (text, want) in [
            (r#"{"stream":"x","data":{"e":"aggTrade","E":1,"a":12,"s":"X"}}"#, Some((true, 12))),
            (r#"{"e":"depthUpdate","E":1,"U":3,"u":45,"pu":2}"#, Some((false, 45))),
            (r#"{"e":"bookTicker","u":45}"#, None),
            (r#"{"e":"aggTrade"}"#, None),
        ] {
            assert_eq!(seen(text), want, "{text}");
        }
    }
}
