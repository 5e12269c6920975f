//! The demo on a terminal: the market, the profile and the engine's pulse, redrawn five times a
//! second from the replica's picture.

use std::time::{Duration, Instant};

use model::{LevelPrice, Lots, Price, Shown, Side};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Sparkline};

use super::{Watch, decided};
use crate::cli::Demo;
use crate::exit::{Exit, Stop};
use crate::live::{Engine, Picture, View, Vitals};
use crate::signals::Signals;
use crate::simulated::Served;

/// Between two pictures.
const PICTURE: Duration = Duration::from_millis(200);

pub(super) fn show(
    engine: &Engine,
    served: &Served,
    asked: &Demo,
    signals: &Signals,
) -> Result<Exit, Stop> {
    let mut terminal = ratatui::try_init()?;
    let shown = draw_until_over(&mut terminal, engine, served, asked, signals);
    ratatui::try_restore()?;
    shown
}

fn draw_until_over(
    terminal: &mut ratatui::DefaultTerminal,
    engine: &Engine,
    served: &Served,
    asked: &Demo,
    signals: &Signals,
) -> Result<Exit, Stop> {
    let mut watch = Watch::new(engine, served, asked, signals);
    let mut pace = Pace { since: Instant::now(), frames: 0, per_second: 0.0 };
    loop {
        if let Some(exit) = watch.over() {
            return Ok(exit);
        }
        let (view, vitals) = (engine.view(), engine.vitals());
        pace.look(&vitals);
        let told = Told { view: &view, vitals: &vitals, lag: engine.lag(), pace: pace.per_second };
        terminal.draw(|frame| told.draw(frame))?;
        if event::poll(PICTURE)?
            && let Event::Key(key) = event::read()?
        {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            match key.code {
                KeyCode::Char('q') | KeyCode::Esc => return Ok(Exit::Done),
                KeyCode::Char('c') if control => return Ok(Exit::Done),
                _ => {}
            }
        }
    }
}

/// Messages a second, over the last second or so.
struct Pace {
    since: Instant,
    frames: u64,
    per_second: f64,
}

impl Pace {
    fn look(&mut self, vitals: &Vitals) {
        let span = self.since.elapsed().as_secs_f64();
        if span < 1.0 {
            return;
        }
        let frames = vitals.count("feed_frames_total");
        #[expect(clippy::cast_precision_loss, reason = "for the eye")]
        let passed = frames.saturating_sub(self.frames) as f64;
        *self = Self { since: Instant::now(), frames, per_second: passed / span };
    }
}

/// What is drawn.
struct Told<'a> {
    view: &'a View,
    vitals: &'a Vitals,
    lag: u64,
    pace: f64,
}

impl Told<'_> {
    fn draw(&self, frame: &mut Frame<'_>) {
        let rows = Layout::vertical([
            Constraint::Length(2),
            Constraint::Min(14),
            Constraint::Length(5),
            Constraint::Length(9),
        ]);
        let [title, market, small, pulse] = rows.areas(frame.area());
        let Some(picture) = self.view.instruments.first() else {
            frame.render_widget("waiting for the venue …", title);
            return;
        };
        let decided = decided::line(self.view, picture).unwrap_or_else(|| " no level yet".into());
        let lines = vec![self.title(picture), Line::from(decided)];
        frame.render_widget(Paragraph::new(lines), title);
        let columns = Layout::horizontal([Constraint::Length(44), Constraint::Min(30)]);
        let [book, profile] = columns.areas(market);
        frame.render_widget(book_of(picture), book);
        frame.render_widget(profile_of(picture, profile), profile);
        smalls(frame, picture, small);
        let columns = Layout::horizontal([Constraint::Length(64), Constraint::Min(20)]);
        let [left, right] = columns.areas(pulse);
        frame.render_widget(self.pulse(), left);
        frame.render_widget(self.notes(), right);
    }

    fn title(&self, picture: &Picture) -> Line<'static> {
        let grid = &picture.instrument;
        let mut spans = vec![Span::from(format!(" {} ", grid.symbol.text())).bold()];
        if let Some((price, side, _)) = picture.last {
            let color = if side == Side::Buy { Color::Green } else { Color::Red };
            spans.push(Span::styled(grid.price(price).to_string(), Style::new().fg(color).bold()));
        }
        if let [Some(bid), Some(ask)] = picture.best {
            spans.push(Span::from(format!("  spread {}", grid.price(Price((ask - bid).0)))));
        }
        let state = picture.state_text();
        let color = if state == "trusted" { Color::Green } else { Color::Yellow };
        spans.push(Span::styled(format!("  {state}"), Style::new().fg(color)));
        for other in self.view.instruments.iter().skip(1) {
            let price = other.last.map(|last| other.instrument.price(last.0).to_string());
            let symbol = other.instrument.symbol;
            spans.push(Span::from(format!("   {} {}", symbol.text(), price.unwrap_or_default())));
        }
        spans.push(Span::from("   q ends").dim());
        Line::from(spans)
    }

    fn pulse(&self) -> Paragraph<'static> {
        let vitals = self.vitals;
        let mut lines = vec![Line::from(format!(
            "{:.0} messages/s   sequence {}   replica behind {}",
            self.pace, self.view.sequence, self.lag
        ))];
        for times in &vitals.times {
            lines.push(Line::from(format!(
                "{:<16} p50 {:>8}  p99 {:>8}  p99.9 {:>8}",
                times.role,
                micros(times.p50),
                micros(times.p99),
                micros(times.p999)
            )));
        }
        lines.push(Line::from(format!(
            "journal synced to {}, {} bytes behind",
            vitals.count("journal_synced_sequence"),
            vitals.count("journal_lag_bytes")
        )));
        let (checks, audits) = (self.view.checks, self.view.audits);
        lines.push(Line::from(format!(
            "digests compared {}, different {}   books audited {}, different {}",
            checks.0, checks.1, audits.0, audits.1
        )));
        lines.push(Line::from(format!(
            "refused at the door {}   REST weight {}   clock offset {} ms",
            vitals.count("door_refused_total"),
            vitals.count("rest_weight_used"),
            self.view.clock_offset.unwrap_or(0) / 1_000_000
        )));
        Paragraph::new(lines).block(Block::bordered().title(" pulse "))
    }

    fn notes(&self) -> Paragraph<'static> {
        let count: u64 = self.view.faults.values().sum();
        let notes = self.view.notes.iter().rev();
        let lines: Vec<Line<'static>> = notes.map(|note| Line::from(note.text.clone())).collect();
        Paragraph::new(lines).block(Block::bordered().title(format!(" faults seen: {count} ")))
    }
}

fn micros(nanos: u64) -> String {
    format!("{}.{} µs", nanos / 1_000, nanos % 1_000 / 100)
}

fn book_of(picture: &Picture) -> Paragraph<'static> {
    let grid = &picture.instrument;
    let most = picture.bids.iter().chain(&picture.asks).map(|level| level.1.0).max().unwrap_or(1);
    let row = |(price, lots): &(LevelPrice, Lots), color: Color| {
        let price = match *price {
            LevelPrice::Tick(price) => grid.price(price).to_string(),
            LevelPrice::Fine(fine) => Shown::fine(fine).to_string(),
        };
        let text = format!("{price:>12} {:>10} ", grid.lots(*lots).to_string());
        Line::from(vec![
            Span::styled(text, Style::new().fg(color)),
            Span::styled(bar(lots.0, most, 16), Style::new().fg(color)),
        ])
    };
    let asks = picture.asks.iter().rev().map(|level| row(level, Color::Red));
    let bids = picture.bids.iter().map(|level| row(level, Color::Green));
    let lines: Vec<Line<'static>> = asks.chain(bids).collect();
    let title = format!(" book: {} bids, {} asks ", picture.levels[0], picture.levels[1]);
    Paragraph::new(lines).block(Block::bordered().title(title))
}

/// A bar of at most `width` cells.
fn bar(value: i64, most: i64, width: i64) -> String {
    let cells = value.saturating_mul(width).checked_div(most.max(1)).unwrap_or(0).clamp(0, width);
    "█".repeat(usize::try_from(cells).unwrap_or(0))
}

fn profile_of(picture: &Picture, area: Rect) -> Paragraph<'static> {
    let grid = &picture.instrument;
    let Some(profile) = picture.profile.as_ref().filter(|profile| !profile.bins.is_empty()) else {
        return Paragraph::new("no trade yet").block(Block::bordered().title(" profile "));
    };
    // As many bins as there are rows, around the last price.
    let rows = usize::from(area.height.saturating_sub(2)).max(1);
    let width = i64::from(area.width.saturating_sub(30)).max(4);
    let last = picture.last.map_or(profile.bins[0].0, |last| last.0);
    let at = profile.bins.partition_point(|bin| bin.0 <= last);
    let first = at.saturating_sub(rows / 2).min(profile.bins.len().saturating_sub(rows));
    let shown = &profile.bins[first..profile.bins.len().min(first + rows)];
    let most = profile.bins.iter().map(|bin| (bin.1 + bin.2).0).max().unwrap_or(1);
    let lines: Vec<Line<'static>> = shown
        .iter()
        .rev()
        .map(|&(price, buys, sells)| {
            let (mark, color) = mark(profile, price);
            let here =
                if price <= last && last.0 < price.0 + profile.bin_ticks { '>' } else { ' ' };
            let text = format!("{here}{:>12} {mark:<4}", grid.price(price).to_string());
            let (long, short) = (bar((buys + sells).0, most, width), bar(buys.0, most, width));
            let rest: String = long.chars().skip(short.chars().count()).collect();
            Line::from(vec![
                Span::styled(text, Style::new().fg(color)),
                Span::styled(short, Style::new().fg(Color::Green)),
                Span::styled(rest, Style::new().fg(Color::Red)),
            ])
        })
        .collect();
    let title = format!(
        " profile {}: volume {}, bins of {} ticks ",
        profile.window.text(),
        grid.lots(profile.volume),
        profile.bin_ticks
    );
    Paragraph::new(lines).block(Block::bordered().title(title))
}

fn mark(profile: &crate::live::ProfileView, price: Price) -> (&'static str, Color) {
    let area = profile.area;
    if profile.poc == Some(price) {
        ("POC", Color::Yellow)
    } else if area.is_some_and(|area| area.1.0 - profile.bin_ticks == price.0) {
        ("VAH", Color::Cyan)
    } else if area.is_some_and(|area| area.0 == price) {
        ("VAL", Color::Cyan)
    } else if area.is_some_and(|area| area.0 <= price && price < area.1) {
        ("", Color::White)
    } else {
        ("", Color::DarkGray)
    }
}

fn smalls(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let grid = &picture.instrument;
    let columns: [Rect; 3] = Layout::horizontal([Constraint::Fill(1); 3]).areas(area);
    let prices: Vec<i64> = picture.prices.iter().map(|price| price.0).collect();
    // In hundredths: a small picture has eight steps a row.
    #[expect(clippy::cast_possible_truncation, reason = "an imbalance lies in [-1, 1]")]
    let obis: Vec<i64> = picture.obis.iter().map(|obi| (obi * 100.0) as i64).collect();
    let cvds: Vec<i64> = picture.cvds.iter().copied().collect();
    let obi = picture.obi.map_or_else(String::new, |(obi, z)| {
        z.map_or_else(|| format!("{obi:+.2}"), |z| format!("{obi:+.2}, z {z:+.1}"))
    });
    let bar = picture.open.or(picture.bars.back().copied());
    let range = bar.map_or_else(String::new, |(bar, _)| {
        format!("minute {} – {}", grid.price(bar.low), grid.price(bar.high))
    });
    let [now, min, max] = picture.cvd.map(|lots| grid.lots(lots).to_string());
    let titles = [
        format!(" price: {range} "),
        format!(" OBI {obi} "),
        format!(" CVD {now} [{min}, {max}] "),
    ];
    for ((values, title), column) in [prices, obis, cvds].into_iter().zip(titles).zip(columns) {
        let data = above_least(&values, column.width);
        let picture = Sparkline::default().data(data).block(Block::bordered().title(title));
        frame.render_widget(picture, column);
    }
}

/// The last values as far as they fit, above the least of them.
fn above_least(values: &[i64], width: u16) -> Vec<u64> {
    let fit = usize::from(width.saturating_sub(2));
    let shown = &values[values.len().saturating_sub(fit)..];
    let least = shown.iter().copied().min().unwrap_or(0);
    shown.iter().map(|value| value.abs_diff(least).saturating_add(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::{above_least, bar};

    #[test]
    fn small_pictures_fit_their_place() {
        assert_eq!(above_least(&[5, 3, 9, 4], 5), [1, 7, 2]);
        assert_eq!(above_least(&[i64::MIN, i64::MAX], 9), [1, u64::MAX]);
        assert_eq!(bar(5, 10, 8).chars().count(), 4);
        assert_eq!(bar(50, 10, 8).chars().count(), 8);
        assert_eq!(bar(-1, 0, 8), "");
    }
}
