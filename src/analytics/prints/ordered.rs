//! Many whole numbers in order: where one stands among them, and which stands at a rank, without
//! sorting and without a share of the work growing with their number as a list's would.
//!
//! The numbers lie in blocks of at most 512 that follow each other in order. One goes in or out by
//! moving those of its block; ranks are sums over the blocks' lengths (86 400 numbers: at most 450).
//! Neighbours that fit three quarters of a block become one, so a fixed pool of blocks suffices.

/// Numbers in a block.
const BLOCK: usize = 512;
/// Neighbours with no more than this between them become one block.
const JOINED: usize = BLOCK / 4 * 3;

/// A bag of numbers in order.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    // By block; the first `lens` of each are in order.
    values: Vec<i64>,
    // Blocks in order; beside them their lengths and last numbers, so that a search reads a few
    // near lines instead of one far line a step; blocks that are free.
    order: Vec<u16>,
    lens: Vec<u16>,
    lasts: Vec<i64>,
    free: Vec<u16>,
    len: usize,
    capacity: usize,
}

impl Ordered {
    /// Room for so many numbers, every page touched.
    pub(super) fn new(capacity: usize) -> Self {
        // Any two neighbours hold more than JOINED; one is split before another is joined.
        let blocks = u16::try_from(2 * capacity / (JOINED + 1) + 4).expect("a pool of blocks");
        Self {
            values: vec![1; usize::from(blocks) * BLOCK],
            order: Vec::with_capacity(usize::from(blocks)),
            lens: Vec::with_capacity(usize::from(blocks)),
            lasts: Vec::with_capacity(usize::from(blocks)),
            free: (0..blocks).rev().collect(),
            len: 0,
            capacity,
        }
    }

    pub(super) fn clear(&mut self) {
        self.free.append(&mut self.order);
        self.lens.clear();
        self.lasts.clear();
        self.len = 0;
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    fn block(&self, at: usize) -> &[i64] {
        let start = usize::from(self.order[at]) * BLOCK;
        &self.values[start..start + usize::from(self.lens[at])]
    }

    /// The block's room, used and unused.
    fn room(&mut self, at: usize) -> &mut [i64] {
        let start = usize::from(self.order[at]) * BLOCK;
        &mut self.values[start..start + BLOCK]
    }

    /// First block whose last number `is_before` does not hold for; their number when none.
    fn find(&self, is_before: impl Fn(i64) -> bool) -> usize {
        self.lasts.partition_point(|&last| is_before(last))
    }

    /// Numbers in the blocks before one: summed from the nearer end.
    fn before(&self, at: usize) -> usize {
        if 2 * at < self.lens.len() {
            sum(&self.lens[..at])
        } else {
            self.len - sum(&self.lens[at..])
        }
    }

    /// How many are below a number, twice, and how many equal it, once.
    pub(super) fn twice_below(&self, value: i64) -> usize {
        let at = self.find(|other| other < value);
        let before = self.before(at);
        let Some(&last) = self.lasts.get(at) else { return 2 * before };
        let block = self.block(at);
        let below = block.partition_point(|&other| other < value);
        let mut equal = block[below..].partition_point(|&other| other == value);
        if last == value {
            // Those equal to it may go on in later blocks.
            let end = self.find(|other| other <= value);
            equal += sum(&self.lens[at + 1..end]);
            if end < self.order.len() {
                equal += self.block(end).partition_point(|&other| other == value);
            }
        }
        2 * (before + below) + equal
    }

    /// The number at a rank, from 0: blocks are counted off from the nearer end.
    pub(super) fn at(&self, rank: usize) -> Option<i64> {
        let above = self.len.checked_sub(rank + 1)?;
        if rank < above {
            let (at, rank) = locate(self.lens.iter(), rank)?;
            Some(self.block(at)[rank])
        } else {
            let (back, above) = locate(self.lens.iter().rev(), above)?;
            let block = self.block(self.lens.len() - 1 - back);
            Some(block[block.len() - 1 - above])
        }
    }

    /// Puts a number in; there is room.
    pub(super) fn insert(&mut self, value: i64) {
        assert!(self.len < self.capacity, "the caller lets one go first");
        self.len += 1;
        if self.order.is_empty() {
            self.open(0);
            self.room(0)[0] = value;
            (self.lens[0], self.lasts[0]) = (1, value);
            return;
        }
        let mut at = self.find(|other| other < value).min(self.order.len() - 1);
        if usize::from(self.lens[at]) == BLOCK {
            self.split(at);
            at = self.find(|other| other < value).min(self.order.len() - 1);
        }
        let len = usize::from(self.lens[at]);
        let place = self.block(at).partition_point(|&other| other < value);
        let room = self.room(at);
        room.copy_within(place..len, place + 1);
        room[place] = value;
        self.lens[at] += 1;
        self.lasts[at] = self.lasts[at].max(value);
    }

    /// Takes one number of this value out; it is there.
    pub(super) fn remove(&mut self, value: i64) {
        let at = self.find(|other| other < value);
        let len = usize::from(self.lens[at]);
        let place = self.block(at).partition_point(|&other| other < value);
        let room = self.room(at);
        assert!(room[..len].get(place) == Some(&value), "what leaves was put in");
        room.copy_within(place + 1..len, place);
        let last = room[len.saturating_sub(2)];
        self.lens[at] -= 1;
        self.len -= 1;
        if len == 1 {
            return self.close(at);
        }
        self.lasts[at] = last;
        if !self.join(at) && at != 0 {
            self.join(at - 1);
        }
    }

    /// A new block at a place in order.
    fn open(&mut self, at: usize) {
        let block = self.free.pop().expect("the pool is larger than neighbours can fill");
        self.order.insert(at, block);
        self.lens.insert(at, 0);
        self.lasts.insert(at, i64::MIN);
    }

    fn close(&mut self, at: usize) {
        self.free.push(self.order.remove(at));
        self.lens.remove(at);
        self.lasts.remove(at);
    }

    /// The upper half becomes a block of its own.
    fn split(&mut self, at: usize) {
        self.open(at + 1);
        let (from, to) = (usize::from(self.order[at]), usize::from(self.order[at + 1]));
        let half = BLOCK / 2;
        self.values.copy_within(from * BLOCK + half..(from + 1) * BLOCK, to * BLOCK);
        self.lens[at] /= 2;
        self.lens[at + 1] = self.lens[at];
        self.lasts[at + 1] = self.lasts[at];
        self.lasts[at] = self.values[from * BLOCK + half - 1];
        self.join(at + 1);
        if at != 0 {
            self.join(at - 1);
        }
    }

    /// Makes one block of this and the next if they fit; whether they did.
    fn join(&mut self, at: usize) -> bool {
        let Some(&next) = self.lens.get(at + 1) else { return false };
        let (len, next) = (usize::from(self.lens[at]), usize::from(next));
        if len + next > JOINED {
            return false;
        }
        let (to, from) = (usize::from(self.order[at]), usize::from(self.order[at + 1]));
        self.values.copy_within(from * BLOCK..from * BLOCK + next, to * BLOCK + len);
        // At most JOINED.
        self.lens[at] += self.lens[at + 1];
        self.lasts[at] = self.lasts[at + 1];
        self.close(at + 1);
        true
    }

    /// Blocks in use.
    #[cfg(test)]
    pub(super) fn blocks(&self) -> usize {
        self.order.len()
    }
}

/// In 32 bits, eight lengths an instruction.
fn sum(lens: &[u16]) -> usize {
    lens.iter().map(|&len| u32::from(len)).sum::<u32>() as usize
}

/// The block that holds a rank, and the rank in it.
fn locate<'l>(lens: impl Iterator<Item = &'l u16>, mut rank: usize) -> Option<(usize, usize)> {
    for (at, &len) in lens.enumerate() {
        let len = usize::from(len);
        if rank < len {
            return Some((at, rank));
        }
        rank -= len;
    }
    None
}
