//! Any bytes as a REST answer or an exchangeInfo: nothing panics.
#![no_main]

use std::cell::RefCell;

use fulcrum_tests::compose::COINS;
use fulcrum_tests::table;
use libfuzzer_sys::fuzz_target;
use wire::{Decoder, Endpoint, exchange_info};

thread_local! {
    static DECODER: RefCell<Decoder> =
        RefCell::new(Decoder::new(table(&COINS.map(|coin| coin.instrument))));
}

fuzz_target!(|bytes: &[u8]| DECODER.with_borrow_mut(|decoder| {
    let mut draft = model::Draft::default();
    for endpoint in [
        Endpoint::Depth(model::InstrumentId(0)),
        Endpoint::OpenInterest,
        Endpoint::PremiumIndex,
    ] {
        let _ = decoder.answer(endpoint, bytes, model::Nanos(1), &mut draft);
    }
    if let Ok(list) = exchange_info(bytes) {
        assert!(list.iter().all(|instrument| 0 < instrument.tick.0 && 0 < instrument.lot.0));
    }
}));
