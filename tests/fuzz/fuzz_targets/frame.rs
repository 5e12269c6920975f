//! Any bytes as a stream frame: the scanner and the checked way agree, nothing panics.
#![no_main]

use std::cell::RefCell;

use fulcrum_tests::both::Both;
use libfuzzer_sys::fuzz_target;

thread_local! {
    // Kept from input to input: what was learnt from one must not mislead on the next.
    static BOTH: RefCell<Both> = RefCell::new(Both::default());
}

fuzz_target!(|bytes: &[u8]| BOTH.with_borrow_mut(|both| both.frame(bytes)));
