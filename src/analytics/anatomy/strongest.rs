//! The strongest few of a list that comes in order of price.

/// At most a fixed number of things, in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Strongest<T> {
    items: Vec<(i64, T)>,
    most: usize,
}

impl<T: Copy> Strongest<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { items: Vec::with_capacity(most), most }
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
    }

    /// Takes it if it is stronger than the weakest of a full list; of equals the earlier stays.
    pub(super) fn offer(&mut self, strength: i64, item: T) {
        if self.items.len() == self.most {
            let strengths = self.items.iter().map(|&(strength, _)| strength).enumerate();
            // The last of the weakest goes: `min_by_key` over the reversed list keeps its first.
            let Some((at, weakest)) = strengths.rev().min_by_key(|&(_, strength)| strength) else {
                return;
            };
            if weakest >= strength {
                return;
            }
            self.items.remove(at);
        }
        self.items.push((strength, item));
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = T> + '_ {
        self.items.iter().map(|&(_, item)| item)
    }
}
