//! The side file: what is put is read back, and damage ends it where it is.

use std::fs;

use journal::{Files, JournalError, Side, SideHeader, SideKind, SideReader};

use crate::place::Place;

fn records(place: &Place) -> (Vec<(SideHeader, Vec<u8>)>, bool) {
    let mut reader = SideReader::open(place.path()).expect("a side file");
    let mut records = Vec::new();
    loop {
        match reader.read() {
            Ok(Some((header, bytes))) => records.push((header, bytes.to_vec())),
            Ok(None) => return (records, true),
            Err(JournalError::Lost(_)) => return (records, false),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn what_is_put_is_read_back_up_to_the_damage() {
    let place = Place::hot();
    let mut disk = Files::new(place.path().to_path_buf());
    let mut side = Side::create(&mut disk).expect("a new file");
    let frames: [&[u8]; 5] = [b"", b"{", b"{\"e\":\"trade\"}", &[0; 64], &[7; 9_000]];
    let mut want = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        let kind = [SideKind::Refused, SideKind::ExchangeInfo][at % 2];
        want.push((side.put(kind, at as u64, frame).expect("written"), frame.to_vec()));
    }
    side.sync().expect("synced");
    assert!(Side::create(&mut disk).is_err(), "never written over");
    assert_eq!(records(&place), (want.clone(), true));

    let path = place.join("side.bin");
    let whole = fs::read(&path).expect("read");
    for cut in (0..300).chain((whole.len() - 40)..whole.len()) {
        fs::write(&path, &whole[..cut]).expect("written");
        let (found, sound) = records(&place);
        assert_eq!(found, want[..found.len()], "cut at {cut}");
        let kept: usize = found.iter().map(|(_, bytes)| 32 + bytes.len().next_multiple_of(8)).sum();
        assert_eq!(sound, kept == cut, "cut at {cut}");
    }
    for byte in 0..200 {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << bit;
            fs::write(&path, bytes).expect("written");
            let (found, sound) = records(&place);
            assert!(!sound, "bit {bit} of byte {byte} was not noticed");
            assert_eq!(found, want[..found.len()]);
        }
    }
}
