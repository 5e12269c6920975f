//! What a run amounts to: how many events, and the digests that prove it.

use model::{Digest, InstrumentId, Instruments};

use crate::Ledger;

/// The outcome of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Messages that entered at the door, ticks included.
    pub events: u64,
    /// Over every byte of every insight with its sequence: equal for a run, its log's replay,
    /// the replica and every layout.
    pub digest: Digest,
    /// By figure and instrument (`book/BTCUSDT`), keyed by the venue's ids, free of sequence and
    /// local time: equal however the same market arrived. Empty unless the plan asks for it.
    pub content: Vec<(String, Digest)>,
    /// The digest's table: kind and instrument (`profile/BTCUSDT`), insights, digest.
    pub kinds: Vec<(String, u64, Digest)>,
}

impl Summary {
    pub(crate) fn of(
        events: u64,
        instruments: &Instruments,
        book: &book::Stage,
        analytics: &analytics::Stage,
        ledger: &Ledger,
    ) -> Self {
        let name = |figure: &str, id: InstrumentId| match instruments.get(id) {
            Some(instrument) => format!("{figure}/{}", instrument.symbol),
            None => format!("{figure}/#{}", id.0),
        };
        let mut content = Vec::new();
        for (id, _) in instruments.iter() {
            // The plan switches the digests of both stages together.
            let Some(of_analytics) = analytics.content(id) else { continue };
            let of_book = book.content(id);
            content.push((name("book", id), of_book.book));
            content.push((name("tape", id), of_book.tape));
            content.push((name("bars", id), of_book.bars));
            content.push((name("profile", id), of_analytics.profile));
            content.push((name("cvd", id), of_analytics.cvd));
        }
        let kinds = ledger.accounts().map(|(kind, instrument, account)| {
            let figure = model::Kind::from_number(kind).map_or("unknown", model::Kind::text);
            let id = InstrumentId(u16::try_from(instrument).unwrap_or(u16::MAX));
            (name(figure, id), account.count, account.digest)
        });
        Self { events, digest: ledger.digest(), content, kinds: kinds.collect() }
    }
}
