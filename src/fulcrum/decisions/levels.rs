//! `fulcrum levels`: the level book as it stands, at the end or at times.

use std::collections::BTreeMap;

use engine::{Inline, Observer};
use model::{
    Body, Draft, Insight, Instrument, InstrumentId, Kind, LevelDecision, LevelFlags, LevelLine,
    Line, Nanos, Price, Side, TermsLine, Window,
};
use strategy::levels::Kinds;
use strategy::terms::LevelKind;

use super::coverage::Coverage;
use super::{Drive, Out, words};
use crate::analyze::show::{CONFLUENCE, GONE, Kept, reasons};
use crate::analyze::times::Times;
use crate::cli::{Every, Levels, OneSide};
use crate::exit::{Exit, Stop};
use crate::when::Utc;

/// The levels that stand, by instrument and number.
#[derive(Default, Debug)]
pub(super) struct Standing {
    levels: BTreeMap<(u16, u64), Kept>,
}

impl Observer for Standing {
    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        if decision.kind() != Some(Kind::LevelDecision) {
            return;
        }
        let level: &LevelDecision = decision.view();
        let key = (decision.instrument.0, level.level);
        if level.fate == GONE {
            self.levels.remove(&key);
        } else {
            self.levels.insert(key, Kept::of(decision, body));
        }
    }
}

fn level(kept: &Kept) -> &LevelDecision {
    kept.insight.view()
}

impl Standing {
    /// The levels of an instrument and side, highest price first.
    fn of(&self, id: InstrumentId, side: Option<Side>) -> Vec<&Kept> {
        let levels = self.levels.values().filter(|kept| kept.instrument() == id);
        let wanted = |kept: &&Kept| side.is_none_or(|side| level(kept).side == side.code());
        let mut levels: Vec<&Kept> = levels.filter(wanted).collect();
        levels.sort_by_key(|kept| (std::cmp::Reverse(level(kept).price), level(kept).level));
        levels
    }
}

type Run = Inline<(Coverage, Standing)>;

pub(crate) fn run(asked: &Levels) -> Result<Exit, Stop> {
    let mut drive = Drive::open(&asked.inputs, Standing::default())?;
    let mut out = Out::new(asked.inputs.json);
    let every = asked.every.map(Every::Span);
    let mut times = Times::new(asked.at, every, drive.plan.book.time_jump_max);
    let side = asked.side.map(|side| match side {
        OneSide::Buy => Side::Buy,
        OneSide::Sell => Side::Sell,
    });
    drive.run(|inline, draft: &Draft| {
        if times.is_due(&draft.head) {
            while let Some(time) = times.next(&draft.head) {
                stand(inline, draft.head.instrument, time, side, &mut out)?;
            }
        }
        Ok(())
    })?;
    let ids: Vec<InstrumentId> = drive.inline.instruments().iter().map(|(id, _)| id).collect();
    for id in ids {
        let clock = drive.inline.book().clock(id);
        if clock == Nanos::NONE {
            continue;
        }
        while let Some(time) = times.last(id, clock) {
            stand(&mut drive.inline, id, time, side, &mut out)?;
        }
        if asked.at.is_none() && asked.every.is_none() {
            stand(&mut drive.inline, id, clock, side, &mut out)?;
        }
    }
    out.end(drive)
}

/// The book as it stands at an instant.
fn stand(
    inline: &mut Run,
    id: InstrumentId,
    time: Nanos,
    side: Option<Side>,
    out: &mut Out,
) -> Result<(), Stop> {
    let Some(on) = inline.instruments().get(id).copied() else { return Ok(()) };
    let (coverage, standing) = inline.observer();
    let levels = standing.of(id, side);
    if out.is_json() {
        for kept in levels {
            out.kept(&on, kept)?;
        }
        return Ok(());
    }
    for line in table(&on, time, coverage.price(id), &levels) {
        out.line(line)?;
    }
    Ok(())
}

/// What the columns are called.
fn header() -> String {
    format!(
        "  side {:>11} {:>7}  {:<25} {:>7} = {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} × {:>5}  \
         touches  {:<14}  level",
        "price",
        "away",
        "zone",
        "score",
        "lvn",
        "conf",
        "naked",
        "shape",
        "dist",
        "age",
        "avwap",
        "decay",
        "state"
    )
}

/// The book as a table: sells above, the last price between, buys below.
pub(super) fn table(
    on: &Instrument,
    time: Nanos,
    last: Option<Price>,
    levels: &[&Kept],
) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", on.symbol.text(), Utc(time))];
    if levels.is_empty() {
        lines.push("  no level".into());
        return lines;
    }
    lines.push(header());
    let market = last.map(|last| format!("  last {:>11}", on.price(last).to_string()));
    let mut market = market.zip(last);
    for kept in levels {
        if let Some((line, _)) = market.take_if(|(_, last)| level(kept).price <= *last) {
            lines.push(line);
        }
        lines.extend(row(on, last, kept));
    }
    lines.extend(market.map(|(line, _)| line));
    lines
}

/// A level: a line of figures, then what lies under it.
fn row(on: &Instrument, last: Option<Price>, kept: &Kept) -> Vec<String> {
    let of = level(kept);
    let away = last.filter(|last| last.0 != 0).map_or_else(String::new, |last| {
        #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
        let share = (of.price - last).0 as f64 / last.0 as f64;
        format!("{:+.2}%", 100.0 * share)
    });
    let zone = format!("{} – {}", on.price(of.zone_low), on.price(of.zone_high));
    let line = kept.body.first().map(Line::view::<LevelLine>);
    let (touches, decay) = line.map_or((0, 1.0), |line| (line.touches, line.decay));
    let score = kept.body.get(1).map_or_else(String::new, |line| score(line.view(), decay));
    let completed = of.flags.has(LevelFlags::COMPLETED);
    let name = format!("{} of {}", words::what(of.what), words::window(of.window, completed));
    let price = on.price(of.price).to_string();
    let figures = format!(
        "  {:<4} {price:>11} {away:>7}  {zone:<25} {score}  {touches:>7}  {:<14}  {name}",
        words::side(of.side),
        state(of.flags)
    );
    let mut rows = vec![figures];
    if let Some(line) = line {
        rows.extend(near(line).map(|near| format!("       near: {near}")));
    }
    rows.extend(absorbed(on, kept).map(|absorbed| format!("       absorbed: {absorbed}")));
    rows
}

fn score(of: &TermsLine, decay: f64) -> String {
    let TermsLine { score, lvn, confluence, naked, shape, distance, age, avwap } = of;
    format!(
        "{score:>7.3} = {lvn:>5.2} {confluence:>5.2} {naked:>5.2} {shape:>5.2} {distance:>5.2} \
         {age:>5.2} {avwap:>5.2} × {decay:>5.2}"
    )
}

fn state(flags: LevelFlags) -> &'static str {
    let has = |flag| flags.has(flag);
    match (has(LevelFlags::FROZEN), has(LevelFlags::LIVE), has(LevelFlags::TRADABLE)) {
        (true, ..) => "held by signal",
        (_, true, _) => "live",
        (_, _, true) => "overlapped",
        _ => "worn out",
    }
}

fn near(line: &LevelLine) -> Option<String> {
    let near = CONFLUENCE.iter().filter(|(kind, _)| Kinds(line.confluence).has(*kind));
    Some(words::list(near.map(|(_, word)| *word))).filter(|near| !near.is_empty())
}

/// The candidates that it absorbed, best first.
pub(super) fn absorbed(on: &Instrument, kept: &Kept) -> Option<String> {
    let parts = reasons(kept.body.get(2..).unwrap_or_default());
    let texts: Vec<String> = parts
        .map(|part| {
            let what = LevelKind::from_code(part.what).map_or("?", LevelKind::word);
            let window = Window::ALL.get(usize::from(part.window)).map_or("?", |it| it.text());
            let over = if part.completed == 1 { " completed" } else { "" };
            format!("{what} {window}{over} {} ({:.2})", on.price(part.price), part.score)
        })
        .collect();
    let count = kept.body.first().map_or(0, |line| line.view::<LevelLine>().absorbed);
    let more = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(texts.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!texts.is_empty()).then(|| texts.join(", ") + &more)
}
