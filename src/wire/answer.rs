//! REST answers of market data.

use model::{Draft, Kind, MarkLine, OpenInterestLine, Refusal};

use crate::Endpoint;
use crate::checked::{Scene, Value, must};
use crate::number;
use crate::payload::{rate, snapshot};
use crate::stream::no_event;

/// One event from the root of an answer.
pub(crate) fn event(
    endpoint: Endpoint,
    root: Value<'_, '_>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let read = match endpoint {
        Endpoint::Depth(id) => snapshot(root, Kind::Snapshot, id, scene, draft),
        Endpoint::OpenInterest => open_interest(root, scene, draft),
        Endpoint::PremiumIndex => premium(root, scene, draft),
    };
    match read {
        // An error answer lacks everything; say that it is one.
        Err(Refusal::MissingField) if no_event(root) == Refusal::VenueError => {
            Err(Refusal::VenueError)
        }
        read => read,
    }
}

fn open_interest(
    root: Value<'_, '_>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [symbol, lots, time] = root.fields(["symbol", "openInterest", "time"])?;
    let (id, instrument) = scene.find(must(symbol)?.text()?)?;
    draft.open(Kind::OpenInterest, id);
    draft.head.time_local = scene.time_local;
    draft.head.time_event = must(time)?.time()?;
    let lots = must(lots)?.lots(instrument)?;
    let pushed = draft.push(OpenInterestLine { lots, reserved: [0; 7] });
    pushed.then_some(()).ok_or(Refusal::OutOfRange)
}

fn premium(root: Value<'_, '_>, scene: &mut Scene<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let [symbol, mark, index, settle, funding, next, time] = root.fields([
        "symbol",
        "markPrice",
        "indexPrice",
        "estimatedSettlePrice",
        "lastFundingRate",
        "nextFundingTime",
        "time",
    ])?;
    let (id, _) = scene.find(must(symbol)?.text()?)?;
    draft.open(Kind::Premium, id);
    draft.head.time_local = scene.time_local;
    draft.head.time_event = must(time)?.time()?;
    let funding = rate(funding)?;
    let pushed = draft.push(MarkLine {
        mark: must(mark)?.fine()?,
        average: model::Fine(0),
        index: must(index)?.fine()?,
        settle: settle.map_or(Ok(model::Fine(0)), Value::fine)?,
        rate: funding.unwrap_or(0),
        time_funding: number::millis(must(next)?.whole()?)?,
        has_rate: u8::from(funding.is_some()),
        reserved: [0; 15],
    });
    pushed.then_some(()).ok_or(Refusal::OutOfRange)
}
