//! Stream payloads the checked way: which event it is, whose, and whether its stream agrees.

use model::{Draft, Instrument, InstrumentId, Kind, Refusal};

use crate::checked::{Scene, Value, must};
use crate::names::{Name, agrees, kind_of};
use crate::payload;
use crate::scan::Bare;

/// One event from the root of a frame.
pub(crate) fn event(
    root: Value<'_, '_>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    match root.fields(["stream", "data"])? {
        [Some(stream), Some(data)] => {
            let text = stream.text()?;
            let name = Name::read(text).ok_or(Refusal::UnknownEvent)?;
            payload_of(data, Some((text, name)), scene, draft)
        }
        [None, None] => payload_of(root, None, scene, draft),
        _ => Err(Refusal::MissingField),
    }
}

fn payload_of(
    data: Value<'_, '_>,
    stream: Option<(&str, Name<'_>)>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [event, snapshot] = data.fields(["e", "lastUpdateId"])?;
    let Some(event) = event else {
        return match (snapshot, stream) {
            (Some(_), _) => full_depth(data, stream, scene, draft),
            (None, Some((_, name))) if name.kind == Kind::Quote => {
                let whose = owner(data, stream, scene)?;
                payload::quote(data, whose, scene, draft)
            }
            _ => Err(no_event(data)),
        };
    };
    let event = event.text()?;
    let kind = kind_of(event).ok_or(Refusal::UnknownEvent)?;
    let kind = match stream {
        Some((_, name)) if kind == Kind::Depth && name.kind == Kind::Partial => Kind::Partial,
        Some((text, name)) if name.kind == kind && agrees(text, kind, event) => kind,
        Some(_) => return Err(Refusal::StreamMismatch),
        None if kind == Kind::Depth && scene.bare == Bare::Partial => Kind::Partial,
        None => kind,
    };
    let inner = if kind == Kind::Force { must(data.fields(["o"])?[0])? } else { data };
    let whose = owner(inner, stream, scene)?;
    match kind {
        Kind::Trade => payload::trade(data, event == "trade", whose, scene, draft),
        Kind::Depth | Kind::Partial => payload::depth(data, kind, whose, scene, draft),
        Kind::Quote => payload::quote(data, whose, scene, draft),
        Kind::Mark => payload::mark(data, whose, scene, draft),
        Kind::Force => payload::force(data, inner, whose, scene, draft),
        _ => {
            let interval = stream.map(|(_, name)| name.interval);
            payload::kline(data, interval, whose, scene, draft)
        }
    }?;
    scene.seen = scene.seen.with(whose.0);
    Ok(())
}

/// Whose a payload is: ours, of this venue, and what its stream carries.
fn owner<'s>(
    data: Value<'_, '_>,
    stream: Option<(&str, Name<'_>)>,
    scene: &mut Scene<'s>,
) -> Result<(InstrumentId, &'s Instrument), Refusal> {
    let [symbol, symbol_type] = data.fields(["s", "st"])?;
    if let Some(symbol_type) = symbol_type
        && symbol_type.whole()? != 1
    {
        return Err(Refusal::WrongVenue);
    }
    let symbol = must(symbol)?.text()?;
    let found = scene.find(symbol)?;
    match stream {
        Some((_, name)) if !name.carries(symbol) => Err(Refusal::StreamMismatch),
        _ => Ok(found),
    }
}

/// A REST snapshot as it stands in a recording, or spot's partial depth: neither names a symbol.
fn full_depth(
    data: Value<'_, '_>,
    stream: Option<(&str, Name<'_>)>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let (kind, id) = match stream {
        Some((_, Name { kind: Kind::Partial, symbol: Some(symbol), .. })) => {
            (Kind::Partial, scene.find_lower(symbol)?)
        }
        Some(_) => return Err(Refusal::StreamMismatch),
        None => {
            let only = match scene.seen {
                crate::decoder::Seen::Only(id) => Some(id),
                _ => None,
            };
            (Kind::Snapshot, scene.owner.or(only).ok_or(Refusal::SymbolNotGiven)?)
        }
    };
    payload::snapshot(data, kind, id, scene, draft)
}

/// What an object without an event is.
pub(crate) fn no_event(data: Value<'_, '_>) -> Refusal {
    match data.fields(["error", "code", "msg"]) {
        Ok([Some(_), _, _] | [_, Some(_), Some(_)]) => Refusal::VenueError,
        Ok(_) => Refusal::UnknownEvent,
        Err(reason) => reason,
    }
}
