//! The shapes of every record of `analyze`: the keys that docs/ANALYTICS.md lists, and no others.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::{Folder, GRID, fulcrum, market};
use serde_json::Value;

/// Every figure's name.
const ALL: &str = "book,cvd,profile,bars,obi,top,nodes,naked,tpo,avwap,sizes,footprint,kyle,vpin,\
                   volatility,tape,markouts,ofi,oi,funding,liquidations,liquidity,indicators,\
                   swings,divergences,structure,clusters,participation,vcp";
const TRUST: [&str; 5] = ["contaminated", "uncovered", "suppressed", "missing", "provisional"];

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ANALYTICS.md");
    fs::read_to_string(path).expect("the document of the figures")
}

/// Record kinds with their keys and the columns of their tables, as "## Records" lists them.
fn documented() -> BTreeMap<String, (BTreeSet<String>, BTreeMap<String, usize>)> {
    let document = document();
    let section = document.split("\n## Records").nth(1).expect("a section of records");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut kinds = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let kind = cells[1].trim_matches('`').to_owned();
        let mut keys = BTreeSet::new();
        let mut tables = BTreeMap::new();
        // Behind a semicolon stand keys that not every record has.
        let always = cells[3].split(';').next().unwrap_or_default();
        for key in always.split('`').skip(1).step_by(2) {
            // A table is written name[column column].
            match key.split_once('[') {
                Some((table, columns)) => {
                    keys.insert(table.to_owned());
                    tables.insert(table.to_owned(), columns.split_whitespace().count());
                }
                None => {
                    keys.insert(key.to_owned());
                }
            }
        }
        kinds.insert(kind, (keys, tables));
    }
    kinds
}

#[test]
fn every_kind_has_the_documented_keys() {
    let folder = Folder::new();
    let [streams, asked] = market::capture();
    let (streams, asked) = (folder.put("streams", streams), folder.put("asked", asked));
    let words = format!("analyze --emit {ALL} --json {GRID}");
    let config = folder.put("c.toml", "[analytics.prints]\nvpin_daily_lots = 500000\n");
    let ran = fulcrum(&words, &["-c", &config, &streams, &asked]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let documented = documented();
    let mut seen = BTreeMap::new();
    for line in ran.out.lines() {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let kind = record["kind"].as_str().expect("a kind").to_owned();
        let (want, tables) = documented.get(&kind).unwrap_or_else(|| panic!("{kind} has no words"));
        let keys: BTreeSet<String> = record
            .as_object()
            .expect("a record")
            .keys()
            .filter(|key| !["schema", "kind"].contains(&key.as_str()))
            .filter(|key| !TRUST.contains(&key.as_str()) || want.contains(*key))
            .filter(|key| *key != "open_bar")
            .cloned()
            .collect();
        assert_eq!(&keys, want, "{line}");
        for (table, columns) in tables {
            let rows = record[table].as_array().expect("rows");
            let odd = rows.iter().find(|row| row.as_array().map(Vec::len) != Some(*columns));
            assert_eq!(odd, None, "{kind} {table}");
        }
        *seen.entry(kind).or_insert(0) += 1;
    }
    let missing: Vec<_> = documented.keys().filter(|kind| !seen.contains_key(*kind)).collect();
    assert!(missing.is_empty(), "never said: {missing:?} of {seen:?}");
}

#[test]
fn a_table_has_one_header_a_kind_and_even_rows() {
    let folder = Folder::new();
    let [streams, asked] = market::capture();
    let (streams, asked) = (folder.put("streams", streams), folder.put("asked", asked));
    let ran = fulcrum(&format!("analyze --emit {ALL} --csv {GRID}"), &[&streams, &asked]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (mut widths, mut header) = (BTreeMap::new(), None);
    for line in ran.out.lines() {
        let (kind, cells) = (line.split(',').next().unwrap_or_default(), line.split(',').count());
        if kind == "kind" {
            let columns: BTreeSet<&str> = line.split(',').collect();
            assert_eq!(columns.len(), cells, "a name stands once: {line}");
            header = Some(cells);
        } else if let Some(width) = header.take() {
            assert_eq!(widths.insert(kind.to_owned(), width), None, "one header for {kind}");
            assert_eq!(cells, width, "{line}");
        } else {
            assert_eq!(widths.get(kind), Some(&cells), "{line}");
        }
    }
    assert!(widths.len() > 30, "{widths:?}");
}

/// The commands of "A worked example" with what the document says they print.
fn worked(section: &str) -> Vec<(String, String)> {
    let blocks = section.split("```console\n$ fulcrum ").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("\n```")).map(|(block, _)| block);
    blocks
        .filter_map(|block| block.split_once('\n'))
        .map(|(words, out)| (words.to_owned(), format!("{out}\n")))
        .collect()
}

#[test]
fn the_worked_example_is_what_the_binary_prints() {
    let document = document();
    let section = document.split("\n## A worked example").nth(1).expect("a worked example");
    let commands = worked(section);
    assert_eq!(commands.len(), 5, "CVD, profile, bars, footprint, average");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cells = BTreeSet::new();
    for (words, want) in &commands {
        let output = common::command().args(words.split_whitespace()).current_dir(&root).output();
        let ran = common::Ran::from(output.expect("the binary runs"));
        assert_eq!((ran.code, &ran.out), (0, want), "{words}: {}", ran.err);
        cells.extend(ran.out.lines().flat_map(|line| line.split(',').map(str::to_owned)));
    }
    // And what the sentences between quote of it.
    let prose = section.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2));
    let figure = |word: &&str| word.parse::<f64>().is_ok() || ["none", "uncovered"].contains(word);
    let quoted: Vec<&str> = prose.filter(figure).collect();
    assert!(quoted.len() > 20, "{quoted:?}");
    for word in quoted {
        assert!(cells.contains(word), "{word} is not printed");
    }
}

#[test]
fn what_has_nothing_to_say_is_named() {
    let folder = Folder::new();
    let file = folder.put("session", common::SESSION);
    let ran =
        fulcrum(&format!("analyze --emit cvd,oi,averages-of-nothing --json {GRID}"), &[&file]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let ran = fulcrum(&format!("analyze --emit cvd,oi,footprint --json {GRID}"), &[&file]);
    assert_eq!((ran.code, ran.of("cvd").len(), ran.of("oi").len()), (0, 1, 0));
    assert!(ran.err.contains("nothing is said of oi"), "{}", ran.err);
    assert!(!ran.err.contains("footprint"), "{}", ran.err);
}

#[test]
fn an_operators_anchor_counts_from_its_time() {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/example/BTCUSDT-aggTrades.csv");
    let words = format!("analyze --emit avwap --window named1 --json {GRID}");
    // From the sixth trade on: 0.67/1.45 above 60 000, by hand.
    let ran = fulcrum(
        &format!("{words} --anchor 2024-07-19T00:01:02Z"),
        &[example.to_str().expect("a path in UTF-8")],
    );
    assert!(ran.out.contains("\"exact\":60000.46206896552"), "{}", ran.out);
    assert_eq!(ran.code, 0, "{}", ran.err);
}
