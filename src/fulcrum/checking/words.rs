//! Where two records differ, named by their fields: both are written in words, a value a line, and
//! compared line by line.

use std::fmt::{Debug, Write as _};

use bytemuck::Pod;
use model::{
    AnswerDecision, Body, CloseDecision, CloseLine, FeaturesLine, FeaturesMoreLine, FillDecision,
    FillLine, Insight, IntentDecision, Kind, LevelDecision, LevelLine, Line, OrderLine,
    ReasonsLine, RefusalDecision, SignalDecision, SignalLine, StateDecision, TermsLine,
};

/// A field that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Differs {
    /// Its path, such as `strategy.fees.maker`.
    pub(crate) field: String,
    pub(crate) recorded: String,
    /// `None`: there is no such field.
    pub(crate) other: Option<String>,
}

/// The fields in which two texts differ, in order. Where they are not the same fields any more the
/// first that is missing is the last one named.
pub(crate) fn differences(recorded: &str, other: &str) -> Vec<Differs> {
    let (recorded, other) = (leaves(recorded), leaves(other));
    let mut others = other.into_iter();
    let mut found = Vec::new();
    for (field, value) in recorded {
        match others.next() {
            Some((same, theirs)) if same == field => {
                if theirs != value {
                    found.push(Differs { field, recorded: value, other: Some(theirs) });
                }
            }
            other => {
                found.push(parted(field, value, other));
                return found;
            }
        }
    }
    if let Some((field, value)) = others.next() {
        found.push(Differs { field, recorded: "absent".to_owned(), other: Some(value) });
    }
    found
}

/// Where the fields are no longer the same: what is a value on one side is made of fields on the
/// other, or is not there.
fn parted(field: String, recorded: String, other: Option<(String, String)>) -> Differs {
    match other {
        Some((path, value)) if field.starts_with(&format!("{path}.")) => {
            Differs { field: path, recorded: "set".to_owned(), other: Some(value) }
        }
        Some((path, _)) if path.starts_with(&format!("{field}.")) => {
            Differs { field, recorded, other: Some("set".to_owned()) }
        }
        _ => Differs { field, recorded, other: None },
    }
}

/// What a value stands in.
struct Around {
    label: String,
    // Of a list, how many values it had so far.
    items: Option<usize>,
}

/// The values of a text as `{:#?}` writes it, each with its path.
fn leaves(text: &str) -> Vec<(String, String)> {
    let mut around: Vec<Around> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_end_matches(',');
        if matches!(line, "" | "}" | ")" | "]") {
            if !line.is_empty() {
                around.pop();
            }
            continue;
        }
        let (label, value) = match line.split_once(": ") {
            Some((label, value)) => (label.to_owned(), value),
            None => (item(&mut around), line),
        };
        if value.ends_with(['{', '(', '[']) {
            around.push(Around { label, items: value.ends_with('[').then_some(0) });
        } else {
            let labels = around.iter().map(|around| around.label.as_str());
            let path: Vec<&str> =
                labels.chain([label.as_str()]).filter(|at| !at.is_empty()).collect();
            found.push((path.join("."), value.to_owned()));
        }
    }
    found
}

/// What a value without a name is called: its place in a list, nothing elsewhere.
fn item(around: &mut [Around]) -> String {
    let Some(items) = around.last_mut().and_then(|around| around.items.as_mut()) else {
        return String::new();
    };
    *items += 1;
    (*items - 1).to_string()
}

/// A decision as the log holds it, in words.
pub(crate) fn decision(body: Body<'_>) -> String {
    let mut words = Words { body, text: String::new() };
    let kind = body.view::<Insight>(0).and_then(Insight::kind);
    match kind {
        Some(Kind::LevelDecision) => {
            words.put::<LevelDecision>(0, "");
            words.put::<LevelLine>(1, "level");
            words.put::<TermsLine>(2, "terms");
            (3..body.len()).for_each(|at| words.put::<ReasonsLine>(at, "reasons"));
        }
        Some(Kind::SignalDecision) => {
            words.put::<SignalDecision>(0, "");
            words.put::<SignalLine>(1, "signal");
            words.put::<TermsLine>(2, "terms");
            words.put::<FeaturesLine>(3, "features");
            words.put::<FeaturesMoreLine>(4, "features");
        }
        Some(Kind::IntentDecision) => words.both::<IntentDecision, OrderLine>("order"),
        Some(Kind::RefusalDecision) => words.both::<RefusalDecision, OrderLine>("order"),
        Some(Kind::FillDecision) => words.both::<FillDecision, FillLine>("fill"),
        Some(Kind::CloseDecision) => words.both::<CloseDecision, CloseLine>("close"),
        Some(Kind::StateDecision) => words.put::<StateDecision>(0, ""),
        Some(Kind::AnswerDecision) => words.put::<AnswerDecision>(0, ""),
        _ => (0..body.len()).for_each(|at| words.put::<Line>(at, "line")),
    }
    words.text
}

struct Words<'a> {
    body: Body<'a>,
    text: String,
}

impl Words<'_> {
    fn put<T: Pod + Debug>(&mut self, at: usize, name: &str) {
        if let Some(record) = self.body.view::<T>(at) {
            // Writing to a String does not fail.
            let _ = writeln!(self.text, "{name}: {record:#?},");
        }
    }

    fn both<T: Pod + Debug, L: Pod + Debug>(&mut self, name: &str) {
        self.put::<T>(0, "");
        self.put::<L>(1, name);
    }
}

#[cfg(test)]
mod tests {
    use super::{Differs, differences, leaves};

    #[derive(Debug)]
    struct Share(#[expect(dead_code, reason = "written in words")] u32);

    #[derive(Debug)]
    #[expect(dead_code, reason = "written in words")]
    struct Sample {
        rate: f64,
        share: Share,
        list: Vec<Share>,
        none: Option<Share>,
        some: Option<Share>,
        empty: Vec<u8>,
    }

    fn sample(share: u32, last: u32) -> String {
        let list = vec![Share(1), Share(last)];
        let (share, some) = (Share(share), Some(Share(9)));
        let sample = Sample { rate: f64::NAN, share, list, none: None, some, empty: Vec::new() };
        format!("version: 1,\n{sample:#?}")
    }

    #[test]
    fn every_value_has_a_path() {
        let paths: Vec<String> = leaves(&sample(3, 4))
            .into_iter()
            .map(|(path, value)| format!("{path}={value}"))
            .collect();
        let want = "version=1 rate=NaN share=3 list.0=1 list.1=4 none=None some=9 empty=[]";
        assert_eq!(paths.join(" "), want);
    }

    #[test]
    fn a_difference_is_named() {
        let differs = |field: &str, recorded: &str, other: Option<&str>| Differs {
            field: field.to_owned(),
            recorded: recorded.to_owned(),
            other: other.map(str::to_owned),
        };
        assert_eq!(differences(&sample(3, 4), &sample(3, 4)), []);
        assert_eq!(
            differences(&sample(3, 4), &sample(5, 6)),
            [differs("share", "3", Some("5")), differs("list.1", "4", Some("6"))]
        );
        assert_eq!(differences("a: 1,\nb: 2,", "a: 1,"), [differs("b", "2", None)]);
        assert_eq!(differences("a: 1,", "a: 1,\nb: 2,"), [differs("b", "absent", Some("2"))]);
        let (some, none) = ("a: Some(\nB {\nc: 1,\n},\n),", "a: None,");
        assert_eq!(differences(some, none), [differs("a", "set", Some("None"))]);
        assert_eq!(differences(none, some), [differs("a", "None", Some("set"))]);
    }
}
