//! The nearest known name to one that is not known.

/// The candidate with the fewest single-letter edits; of equals the first.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates.into_iter().min_by_key(|candidate| distance(name, candidate))
}

/// Insertions, deletions, exchanges of letters, and swaps of neighbours.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=to.len()).collect();
    let mut before = None;
    for (row, a) in from.chars().enumerate() {
        let mut new = vec![row + 1];
        for (column, &b) in to.iter().enumerate() {
            let exchange = old[column] + usize::from(a != b);
            let mut best = exchange.min(old[column + 1] + 1).min(new[column] + 1);
            if column > 0 && before == Some(b) && to[column - 1] == a {
                best = best.min(older[column - 1] + 1);
            }
            new.push(best);
        }
        older = std::mem::replace(&mut old, new);
        before = Some(a);
    }
    old[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn edits_are_counted() {
        for (from, to, want) in [
            ("", "", 0),
            ("layout", "layout", 0),
            ("layuot", "layout", 1),
            ("layot", "layout", 1),
            ("layoutt", "layout", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(distance(from, to), want, "{from} {to}");
        }
        assert_eq!(nearest("idel", ["layout", "idle", "cores"]), Some("idle"));
        assert_eq!(nearest("x", []), None);
    }
}
