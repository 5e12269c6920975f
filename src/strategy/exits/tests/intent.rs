//! Client ids: one text each, and back.

use std::collections::BTreeSet;

use model::InstrumentId;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::super::{ClientId, Role};
use crate::terms::LevelId;

const ROLES: [Role; 5] = [Role::Entry, Role::Stop, Role::Profit, Role::Close, Role::Cancel];

fn id(instrument: u16, level: u64, attempt: u32, role: Role) -> ClientId {
    ClientId { level: LevelId(level), attempt, instrument: InstrumentId(instrument), role }
}

#[test]
fn the_text_is_what_the_venue_takes() {
    assert_eq!(id(1, 0x2f, 3, Role::Entry).to_string(), "f0001-000000000000002f-e00000003");
    let wide = id(u16::MAX, u64::MAX, u32::MAX, Role::Cancel).to_string();
    assert_eq!(wide, "fffff-ffffffffffffffff-xffffffff");
    assert!(wide.len() <= 36);
}

#[test]
fn neighbours_have_different_texts() {
    let mut texts = BTreeSet::new();
    for role in ROLES {
        for (instrument, level, attempt) in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 16, 0)]
        {
            assert!(texts.insert(id(instrument, level, attempt, role).to_string()));
        }
    }
}

#[test]
fn what_is_not_ours_is_no_id() {
    for text in [
        "",
        "web_abc",
        "f0001-000000000000002f-e0000000",
        "f0001-000000000000002f-e000000033",
        "g0001-000000000000002f-e00000003",
        "f0001-000000000000002f-z00000003",
        "f0001-00000000000000 f-e00000003",
        "f0001-000000000000002F-e00000003",
        "f0001_000000000000002f-e00000003",
        "f0001-000000000000002f_e00000003",
    ] {
        assert_eq!(ClientId::parse(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_leads_back(instrument: u16, level: u64, attempt: u32, role in 0_usize..5) {
        let id = id(instrument, level, attempt, ROLES[role]);
        prop_assert_eq!(ClientId::parse(id.text().text().as_bytes()), Some(id));
    }

    #[test]
    fn rubbish_is_refused_or_is_its_own_text(text in proptest::collection::vec(any::<u8>(), 32)) {
        if let Some(id) = ClientId::parse(&text) {
            let again = id.text();
            prop_assert!(again.text().as_bytes() == text.as_slice());
        }
    }
}
