//! Each kind's JSON to the byte, and its columns.

use super::samples::{answer, btc, close, fill, gone, intent, level, refusal, state, turn};
use crate::analyze::show::Kept;
use crate::record::{Record, Style};
use strategy::exits::Role;
use strategy::hypotheses::{Confirmations, Reasons, State};

const RECORDS: &str = r#"{"schema":1,"kind":"level","symbol":"BTCUSDT","window":"24h","time_venue":1721390420000000000,"level":12,"run":1721390400,"fate":"published","version":3,"side":"sell","what":"lvn","completed":false,"price":"64200.0","zone_low":"64103.7","zone_high":"64296.3","node_low":"64200.0","node_high":"64220.0","score":5.559,"lvn":1.2,"confluence":4,"naked":0,"shape":0.6,"distance":0.909,"age":0.632,"avwap":0.6,"decay":0.7,"touches":1,"tradable":true,"live":true,"frozen":false,"time_born":1721390410000000000,"time_touched":1721390460000000000,"confluence_of":"value_area_edge swing","absorbed":2,"reasons":[["vah","day",1,"64208.0",3.25]]}
{"schema":1,"kind":"level","symbol":"BTCUSDT","window":"24h","time_venue":1721390430000000000,"level":12,"run":1721390400,"fate":"gone","version":3,"side":"sell","what":"lvn","completed":false,"price":"64200.0","zone_low":"64103.7","zone_high":"64296.3","node_low":null,"node_high":null,"score":null,"lvn":null,"confluence":null,"naked":null,"shape":null,"distance":null,"age":null,"avwap":null,"decay":null,"touches":null,"tradable":true,"live":true,"frozen":false,"time_born":null,"time_touched":null,"confluence_of":null,"absorbed":null,"reasons":[]}
{"schema":1,"kind":"signal","symbol":"BTCUSDT","window":"24h","time_venue":1721390540000000000,"signal":3,"run":1721390400,"level":12,"version":3,"side":"sell","what":"lvn","hypothesis":"rejection","from":"monitored","to":"armed","reasons":"confirmed","confirmations":"rsi obi","weight":2,"contamination":"","levels_frozen":false,"missing_inputs":"open_interest","price":"64200.0","zone_low":"64103.7","zone_high":"64296.3","node_low":"64200.0","node_high":"64220.0","entry":"64200.0","target":null,"time_touch":1721390505000000000,"score":5.559,"lvn":1.2,"confluence":4,"naked":0,"shape":0.6,"distance":0.909,"age":0.632,"avwap":0.6,"bid":"64100.0","ask":"64100.1","last":"64100.0","cvd_change":"12.500","oi_change":null,"obi_z":-2.25,"volatility_5m":0.41,"volatility_24h":0.38,"atr":512,"rsi":71.25,"funding":0.0001,"time_funding":1721404800000000000,"time_born":1721390410000000000}
{"schema":1,"kind":"intent","symbol":"BTCUSDT","time_venue":1721390540000000000,"signal":3,"run":1721390400,"level":12,"role":"entry","action":"enter","why":"signal","side":"sell","price":"64200.0","quantity":"0.031","attempt":1,"client":"f0000-669a55400000000c-e00000001","stop":"64552.3","target":"63670.0","target_rule":"multiple_of_risk","equity":"100000.00","hypothesis":"rejection"}
{"schema":1,"kind":"refusal","symbol":"BTCUSDT","time_venue":1721390541000000000,"signal":3,"run":1721390400,"level":12,"role":"entry","action":"enter","why":"signal","side":"sell","price":"64200.0","quantity":"0.031","by":"risk","refusal":"mark","state":"TRADING","client":"f0000-669a55400000000c-e00000001","stop":"64552.3","target":"63670.0","target_rule":"multiple_of_risk","equity":"100000.00","hypothesis":"rejection"}
{"schema":1,"kind":"answer","symbol":"BTCUSDT","time_venue":1721390540000000000,"signal":3,"run":1721390400,"level":12,"role":"entry","attempt":1,"answer":"stands"}
{"schema":1,"kind":"fill","symbol":"BTCUSDT","time_venue":1721390550000000000,"signal":3,"run":1721390400,"level":12,"role":"entry","side":"sell","price":"64200.0","quantity":"0.031","maker":true,"attempt":1,"fee":"0.39804","held":"-0.031","number":1}
{"schema":1,"kind":"close","symbol":"BTCUSDT","time_venue":1721390800000000000,"signal":3,"run":1721390400,"level":12,"hypothesis":"rejection","side":"sell","result":"-12.3199","quantity":"0.031","role":"stop","why":"protect","entry":"64200.00","exit":"64552.30","fees":"1.3986","time_open":1721390550000000000,"stop":"64552.3","target":"63670.0"}
{"schema":1,"kind":"state","symbol":"BTCUSDT","time_venue":1721390900000000000,"state":"HALTED","before":"TRADING","causes":"daily_loss","contamination":"lag","missing_inputs":"open_interest","levels_frozen":false,"equity":"98000.00"}
"#;

fn written(record: &mut Record, kept: &Kept) -> String {
    let mut out = Vec::new();
    assert!(kept.write(&btc(), record).is_some(), "the kind is shown");
    record.end(&mut out).expect("memory");
    String::from_utf8(out).expect("text")
}

fn armed() -> Kept {
    let both = Confirmations::RSI.with(Confirmations::OBI);
    turn(140, (State::Monitored, State::Armed), Reasons::CONFIRMED, both)
}

#[test]
fn every_kind_is_json_to_the_byte() {
    let records = [
        level(20),
        gone(),
        armed(),
        intent(),
        refusal(),
        answer(140, Role::Entry),
        fill(),
        close(),
        state(500, true),
    ];
    let mut record = Record::new(Style::Json);
    let lines: String = records.iter().map(|kept| written(&mut record, kept)).collect();
    assert_eq!(lines, RECORDS);
}

#[test]
fn a_kind_keeps_its_columns_whatever_it_lacks() {
    let mut record = Record::new(Style::Csv);
    let mut armed_bare = armed();
    armed_bare.body.clear();
    for [whole, bare] in [[level(20), gone()], [armed(), armed_bare]] {
        let first = written(&mut record, &whole);
        let second = written(&mut record, &bare);
        assert!(first.starts_with("kind,") && !second.starts_with("kind,"), "{second}");
    }
}

/// The keys that docs/STRATEGY.md lists are the keys that are written.
#[test]
fn the_document_lists_the_keys() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/STRATEGY.md");
    let document = std::fs::read_to_string(path).expect("the document of the strategy");
    let section = document.split("\n### Records").nth(1).expect("a section of records");
    let section = section.split("\n#").next().unwrap_or_default();
    let mut record = Record::new(Style::Json);
    let records = [
        level(20),
        armed(),
        intent(),
        refusal(),
        answer(140, Role::Entry),
        fill(),
        close(),
        state(500, true),
    ];
    for kept in &records {
        let line = written(&mut record, kept);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let kind = value["kind"].as_str().expect("a kind");
        let row = section.lines().find(|row| row.starts_with(&format!("| `{kind}` |")));
        let row = row.unwrap_or_else(|| panic!("{kind} has no row"));
        let listed: Vec<&str> =
            row.split('|').nth(3).expect("keys").split('`').skip(1).step_by(2).collect();
        let keys: Vec<&str> = value
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .filter(|key| !["schema", "kind"].contains(key))
            .collect();
        let mut listed: Vec<&str> =
            listed.into_iter().map(|key| key.split('[').next().unwrap_or(key)).collect();
        let mut keys = keys;
        listed.sort_unstable();
        keys.sort_unstable();
        assert_eq!(listed, keys, "{kind}");
    }
}
