//! Any bytes as a dump's rows: both ways agree, nothing panics.
#![no_main]

use std::cell::RefCell;

use fulcrum_tests::both::Both;
use libfuzzer_sys::fuzz_target;
use wire::dump::Table;

thread_local! {
    static BOTH: RefCell<Both> = RefCell::new(Both::default());
}

fuzz_target!(|bytes: &[u8]| BOTH.with_borrow_mut(|both| {
    for row in bytes.split(|&byte| byte == b'\n') {
        let first = Table::recognise(row).map(|first| first.table);
        for table in [Table::AggTrades, Table::Trades].into_iter().chain(first) {
            both.row(table, row);
        }
    }
}));
