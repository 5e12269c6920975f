//! Scripts and when their faults hit.

use model::{MINUTE, Nanos, SECOND};

use super::{Fault, FaultKind, FaultScript, Faults, Refusal};

fn hits(faults: &Faults, seconds: u64) -> bool {
    faults
        .hit(Nanos(seconds * SECOND.0), |fault| (fault.kind == FaultKind::Skip).then_some(()))
        .is_some()
}

#[test]
fn a_script_is_read_or_refused_by_name() {
    let script = FaultScript::parse(
        "seed = 7\n[[fault]]\nkind = \"skip\"\nstream = \"btcusdt@aggTrade\"\nat = \"30s\"\ncount = 2\n\
         [[fault]]\nkind = \"delay\"\nby = \"250ms\"\nfor = \"10s\"\nevery = \"5m\"\n\
         [[fault]]\nkind = \"answer\"\nanswer = \"418\"\npath = \"/depth\"\n",
    )
    .expect("a script");
    assert_eq!((script.seed, script.planned.len(), script.random.len()), (7, 2, 1));
    assert_eq!(script.planned[0].at, Nanos(30 * SECOND.0));
    assert_eq!(script.planned[1].kind, FaultKind::Answer(Refusal::Banned));
    assert_eq!(script.random[0].1, Nanos(5 * MINUTE.0));
    for (text, why) in [
        ("[[fault]]\nkind = \"skipp\"", "kind \"skipp\" is not known"),
        ("[[fault]]\nkind = \"skip\"\nat = \"3 s\"", "not a span"),
        ("[[fault]]\nkind = \"delay\"", "needs `by`"),
        ("[[fault]]\nkind = \"slow\"", "needs `bytes`"),
        ("[[fault]]\nkind = \"skip\"\nat = \"1s\"\nevery = \"1s\"", "exclude"),
        ("[[fault]]\nkind = \"skip\"\nroute = \"x\"", "route"),
        ("[[fault]]\nkind = \"skip\"\nwhen = 1", "unknown field"),
        ("[[fault]]\nkind = \"certificate\"\nwhich = \"old\"", "expired"),
    ] {
        let error = FaultScript::parse(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_counted_fault_is_used_up_and_a_lasting_one_ends() {
    let counted = Fault { at: Nanos(10 * SECOND.0), ..Fault::once(FaultKind::Skip) }.times(2);
    let script = FaultScript { planned: vec![counted], ..FaultScript::default() };
    let faults = Faults::new(script);
    assert_eq!([9, 10, 11, 12].map(|second| hits(&faults, second)), [false, true, true, false]);
    faults.inject(Nanos(20 * SECOND.0), Fault::once(FaultKind::Skip).lasting(Nanos(5 * SECOND.0)));
    assert_eq!([20, 22, 24, 25].map(|second| hits(&faults, second)), [true, true, true, false]);
    assert_eq!(faults.log().len(), 2);
}

#[test]
fn random_faults_come_as_often_as_asked_and_alike_for_a_seed() {
    let script = |seed| FaultScript {
        seed,
        random: vec![(Fault::once(FaultKind::Skip), Nanos(10 * SECOND.0))],
        ..FaultScript::default()
    };
    let times = |seed| {
        let faults = Faults::new(script(seed));
        (0..10_000).filter(|&second| hits(&faults, second)).collect::<Vec<_>>()
    };
    let first = times(1);
    assert!((900..1100).contains(&first.len()), "{} in 10 000 s", first.len());
    assert_eq!(first, times(1));
    assert_ne!(first, times(2));
}
