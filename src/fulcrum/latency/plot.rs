//! Percentiles as a picture: an SVG text, both axes logarithmic, the budget drawn in.
//!
//! From left to right each step is a tenth of what is left of 100 %; from bottom to top each step
//! is ten times as long. A flat line that climbs late is a good one.

use std::fmt::Write as _;

use super::Series;

/// The budget of the whole way, in nanoseconds: 50 ms.
pub const BUDGET: u64 = 50_000_000;

const WIDTH: f64 = 1080.0;
/// At least; a long legend makes it higher.
const HEIGHT_MIN: f64 = 640.0;
/// Of one entry of the legend.
const ENTRY: f64 = 62.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 64.0;
/// Where the axes end; the legend stands to the right of it.
const RIGHT: f64 = 740.0;
const BOTTOM: f64 = 580.0;
/// Distinct on white, also for most of those who see colours otherwise.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f"];

/// What an axis spans, in powers of ten.
#[derive(Clone, Copy, Debug)]
struct Scale {
    // Of 1/(1 − percentile): 0 is 0 %, 2 is 99 %.
    steps: i32,
    // Of nanoseconds.
    low: i32,
    high: i32,
}

impl Scale {
    fn of(all: &[Series]) -> Self {
        let most = all.iter().map(|series| series.times.len()).max().unwrap_or(1);
        let shortest = all.iter().map(|series| series.times.min()).min().unwrap_or(1);
        let longest = all.iter().map(|series| series.times.max()).max().unwrap_or(1).max(BUDGET);
        Self {
            steps: power_above(most).clamp(2, 6),
            low: power_above(shortest.max(1) + 1) - 1,
            high: power_above(longest),
        }
    }

    fn x(self, quantile: f64) -> f64 {
        let left = (1.0 - quantile).max(1e-9);
        let step = (-libm::log10(left)).min(f64::from(self.steps));
        LEFT + step / f64::from(self.steps) * (RIGHT - LEFT)
    }

    fn y(self, nanos: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
        let power = libm::log10(nanos.max(1) as f64) - f64::from(self.low);
        BOTTOM - power / f64::from(self.high - self.low) * (BOTTOM - TOP)
    }
}

/// The least n with 10ⁿ ≥ value.
fn power_above(value: u64) -> i32 {
    let mut power = 0;
    let mut reach = 1_u64;
    while reach < value {
        reach = reach.saturating_mul(10);
        power += 1;
    }
    power
}

/// The picture.
#[must_use]
pub fn svg(title: &str, all: &[Series]) -> String {
    let scale = Scale::of(all);
    let height = HEIGHT_MIN.max(legend_y(all.len()));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(&mut out, (LEFT, 34.0), "start", "font-size=\"18\" font-weight=\"bold\"", title);
    grid(&mut out, scale);
    budget(&mut out, scale);
    for (at, series) in all.iter().enumerate() {
        curve(&mut out, scale, series, at);
    }
    legend(&mut out, all);
    out.push_str("</svg>\n");
    out
}

fn grid(out: &mut String, scale: Scale) {
    for power in scale.low..=scale.high {
        let nanos = 10_u64.saturating_pow(power.unsigned_abs());
        let y = scale.y(nanos);
        line(out, (LEFT, y), (RIGHT, y), "stroke=\"#dddddd\"");
        text(out, (LEFT - 8.0, y + 4.0), "end", "fill=\"#333333\"", &span(nanos));
    }
    let marks = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.999_99, 0.999_999];
    let names = ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"];
    for (quantile, name) in marks.iter().zip(names) {
        if -libm::log10(1.0 - quantile) > f64::from(scale.steps) + 0.01 {
            break;
        }
        let x = scale.x(*quantile);
        line(out, (x, TOP), (x, BOTTOM), "stroke=\"#dddddd\"");
        text(out, (x, BOTTOM + 20.0), "middle", "fill=\"#333333\"", name);
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    text(out, (middle, BOTTOM + 44.0), "middle", "fill=\"#333333\"", "percentile");
}

fn budget(out: &mut String, scale: Scale) {
    let y = scale.y(BUDGET);
    line(
        out,
        (LEFT, y),
        (RIGHT, y),
        "stroke=\"#cc0000\" stroke-width=\"2\" stroke-dasharray=\"8 5\"",
    );
    text(
        out,
        (LEFT + 8.0, y - 7.0),
        "start",
        "fill=\"#cc0000\" font-weight=\"bold\"",
        "budget 50 ms",
    );
}

/// Colours first, then the same ones dashed.
fn look(at: usize) -> (&'static str, &'static str) {
    let dashed = at / COLOURS.len() % 2 == 1;
    (COLOURS[at % COLOURS.len()], if dashed { " stroke-dasharray=\"5 3\"" } else { "" })
}

fn curve(out: &mut String, scale: Scale, series: &Series, at: usize) {
    let (colour, dashes) = look(at);
    let mut points = String::new();
    let mut at = 0.0;
    while at <= f64::from(scale.steps) + 1e-9 {
        let quantile = 1.0 - libm::pow(10.0, -at);
        let nanos = series.times.value_at_quantile(quantile);
        let _ = write!(points, "{:.1},{:.1} ", scale.x(quantile), scale.y(nanos));
        at += 0.02;
    }
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
        points.trim_end()
    );
    // The longest of all stands at the right edge, however few there were.
    let (x, y) = (RIGHT, scale.y(series.times.max()));
    let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
}

/// Where an entry of the legend stands.
fn legend_y(at: usize) -> f64 {
    TOP + 8.0 + ENTRY * f64::from(u32::try_from(at).unwrap_or(u32::MAX))
}

fn legend(out: &mut String, all: &[Series]) {
    for (at, series) in all.iter().enumerate() {
        let y = legend_y(at);
        let (colour, dashes) = look(at);
        let stroke = format!("stroke=\"{colour}\" stroke-width=\"4\"{dashes}");
        line(out, (RIGHT + 18.0, y - 4.0), (RIGHT + 40.0, y - 4.0), &stroke);
        let times = &series.times;
        let at = |percentile| span(times.value_at_percentile(percentile));
        let name = format!("{} ({})", series.tag, times.len());
        text(out, (RIGHT + 46.0, y), "start", "font-weight=\"bold\"", &name);
        let told = format!("p50 {}   p99 {}", at(50.0), at(99.0));
        text(out, (RIGHT + 46.0, y + 18.0), "start", "fill=\"#333333\"", &told);
        let told = format!("p99.9 {}   max ● {}", at(99.9), span(times.max()));
        text(out, (RIGHT + 46.0, y + 35.0), "start", "fill=\"#333333\"", &told);
    }
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), look: &str) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ =
        writeln!(out, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {look}/>");
}

fn text(out: &mut String, at: (f64, f64), anchor: &str, look: &str, what: &str) {
    let what = what.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" {look}>{what}</text>",
        at.0, at.1
    );
}

/// A span of time for people: three digits and a unit.
#[must_use]
pub fn span(nanos: u64) -> String {
    let (unit, name) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, part) = (nanos / unit, nanos % unit);
    match (whole, part) {
        (_, 0) | (100.., _) => format!("{whole} {name}"),
        (10.., _) => format!("{whole}.{} {name}", part * 10 / unit),
        _ => format!("{whole}.{:02} {name}", part * 100 / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Series;
    use super::{BOTTOM, BUDGET, LEFT, RIGHT, Scale, TOP, power_above, span, svg};

    #[test]
    fn spans_are_for_people() {
        for (nanos, want) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (1_234, "1.23 µs"),
            (45_678, "45.6 µs"),
            (999_999, "999 µs"),
            (50_000_000, "50 ms"),
            (60_000_000_000, "60 s"),
        ] {
            assert_eq!(span(nanos), want, "{nanos}");
        }
    }

    #[test]
    fn places_follow_the_axes() {
        let mut series = Series::new("x");
        (1..=100_000_u64).for_each(|time| series.times.saturating_record(100 + time));
        let scale = Scale::of(&[series]);
        assert_eq!((scale.steps, scale.low, scale.high), (5, 2, 8));
        for (quantile, x) in [(0.0, LEFT), (1.0, RIGHT), (1.0 - 1e-5, RIGHT)] {
            assert!((scale.x(quantile) - x).abs() < 0.01, "{quantile}");
        }
        assert!((scale.y(100) - BOTTOM).abs() < 0.01);
        assert!((scale.y(100_000_000) - TOP).abs() < 0.01);
        assert!(TOP < scale.y(BUDGET) && scale.y(BUDGET) < scale.y(1_000_000));
        assert_eq!((power_above(1), power_above(10), power_above(11)), (0, 1, 2));
    }

    #[test]
    fn the_picture_holds_every_series_and_the_budget() {
        let mut one = Series::new("<read>");
        one.times.saturating_record(5_000);
        let picture = svg("a & b", &[one, Series::new("empty")]);
        for part in ["budget 50 ms", "&lt;read&gt; (1)", "empty (0)", "a &amp; b", "99 %"] {
            assert!(picture.contains(part), "{part}");
        }
        assert_eq!(picture.matches("<polyline").count(), 2);
        assert!(!picture.contains("NaN") && !picture.contains("inf"));
    }
}
