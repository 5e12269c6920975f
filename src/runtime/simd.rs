//! Safe wrappers over AVX2: many bytes compared at once, two numbers read at once.
//!
//! What is read lies in a [`Window`]: bytes with [`BEFORE`] readable ones before and [`BEHIND`]
//! behind any place that is asked for. A place outside reads as zeros, so nothing here panics
//! and nothing is read out of bounds, whatever places a caller computes from hostile input.

#[cfg(not(all(target_arch = "x86_64", target_feature = "avx2")))]
compile_error!("Fulcrum is built for x86-64-v3 (AVX2); see .cargo/config.toml");

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi64, _mm256_and_si256, _mm256_castsi128_si256,
    _mm256_cmpeq_epi8, _mm256_extract_epi64, _mm256_inserti128_si256, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_epi8, _mm256_mul_epu32,
    _mm256_or_si256, _mm256_packus_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi64,
    _mm256_sub_epi8, _mm256_subs_epu8, _mm256_testz_si256, _mm256_xor_si256,
};

/// Bytes that must be readable before the first place asked for.
pub const BEFORE: usize = 16;
/// Bytes that must be readable from the last place asked for.
pub const BEHIND: usize = 64;

/// 32 bytes, aligned: what one compare takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(32))]
pub struct Block(pub [u8; 32]);

impl Block {
    /// All zero.
    pub const ZERO: Self = Self([0; 32]);
}

/// Two decimal numbers of at most 16 digits at known places.
///
/// A number is the digits of the 16 bytes that end where it ends, picked by `shuffle`: byte `i`
/// of a half names the byte (0..=15) that is digit `i`, 0x80 where there is none. Dots and
/// digits that are known to be zero are left out that way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Pair {
    /// Which bytes are digits; first number, then second.
    pub shuffle: Block,
    /// Where each number ends, from the place that is asked for.
    pub ends: [u16; 2],
}

impl Pair {
    /// Reads nothing: both numbers are zero.
    pub const NONE: Self = Self { shuffle: Block([0x80; 32]), ends: [0; 2] };

    /// Sets one number: it ends `end` bytes from the place, and `digits` are its digits' distances
    /// from that end (1 is the last byte), most significant first. At most 16.
    pub fn set(&mut self, which: usize, end: u16, digits: impl DoubleEndedIterator<Item = usize>) {
        assert!(which < 2, "a pair has two numbers");
        self.ends[which] = end;
        let half = &mut self.shuffle.0[which * 16..][..16];
        half.fill(0x80);
        for (at, distance) in half.iter_mut().rev().zip(digits.rev()) {
            *at = u8::try_from(16_usize.wrapping_sub(distance)).unwrap_or(0x80);
        }
    }
}

/// The form of a text of at most 32 bytes that holds two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    template: Block,
    mask: Block,
    pair: Pair,
    length: usize,
}

impl Short {
    /// A form: its fixed bytes by template and mask, its numbers by a pair. `None` when the text
    /// or a number ends behind the 32 bytes.
    #[must_use]
    pub fn new(template: Block, mask: Block, pair: Pair, length: usize) -> Option<Self> {
        let inside = pair.ends.iter().all(|&end| end <= 32) && length <= 32;
        inside.then_some(Self { template, mask, pair, length })
    }

    /// Bytes of the text.
    #[inline(always)]
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }
}

/// What was read and is no digit, collected over several reads: one test for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Faults(__m256i);

impl Default for Faults {
    #[inline(always)]
    fn default() -> Self {
        // JUSTIFICATION: AVX2 intrinsics are unsafe to call outside functions that enable AVX2.
        // SAFETY: this module compiles only where AVX2 is enabled for the whole build.
        Self(unsafe { _mm256_setzero_si256() })
    }
}

impl Faults {
    /// Whether all that was read were digits.
    #[inline(always)]
    #[must_use]
    pub fn none(self) -> bool {
        // JUSTIFICATION: one instruction instead of 32 compares.
        // SAFETY: AVX2 is enabled for the whole build (see the top).
        unsafe { _mm256_testz_si256(self.0, self.0) == 1 }
    }
}

/// Bytes with room around, so that wide reads need one bound each.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    bytes: &'a [u8],
    /// Last place from which [`BEHIND`] bytes can be read; at least [`BEFORE`].
    limit: usize,
}

impl<'a> Window<'a> {
    /// A window over a buffer; `None` when it is shorter than [`BEFORE`] and [`BEHIND`].
    #[inline(always)]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let limit = bytes.len().checked_sub(BEHIND)?;
        (BEFORE <= limit).then_some(Self { bytes, limit })
    }

    /// The bytes.
    #[inline(always)]
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The byte at a place; zero outside.
    #[inline(always)]
    #[must_use]
    pub fn byte(self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn load32(self, at: usize) -> __m256i {
        if at > self.limit {
            return Faults::default().0;
        }
        // JUSTIFICATION: a checked slice of 32 bytes costs two compares a load where this costs
        // one; there are ten loads in a trade and three in a level.
        // SAFETY: `at <= limit`, so BEHIND = 64 bytes from `at` lie in `bytes`; unaligned load.
        unsafe { _mm256_loadu_si256(self.bytes.as_ptr().add(at).cast::<__m256i>()) }
    }

    /// The 16 bytes that end at a place.
    #[inline(always)]
    fn load16(self, end: usize) -> __m128i {
        let at = end.wrapping_sub(16);
        if at > self.limit {
            // JUSTIFICATION: as above. SAFETY: AVX2 is enabled for the whole build.
            return unsafe { std::arch::x86_64::_mm_setzero_si128() };
        }
        // JUSTIFICATION: as in `load32`.
        // SAFETY: `at <= limit`, so 64 bytes from `at` lie in `bytes`; unaligned load.
        unsafe { _mm_loadu_si128(self.bytes.as_ptr().add(at).cast::<__m128i>()) }
    }

    /// Whether the bytes from a place on equal `template` wherever `mask` has ones.
    #[inline(always)]
    #[must_use]
    pub fn same(self, at: usize, template: &[Block], mask: &[Block]) -> bool {
        let mut differs = Faults::default().0;
        let mut place = at;
        for (template, mask) in template.iter().zip(mask) {
            differs = differing(self.load32(place), template, mask, differs);
            place = place.wrapping_add(32);
        }
        Faults(differs).none()
    }

    /// The two numbers of a pair, counted from a place. What is no digit is added to `faults`,
    /// and the numbers then mean nothing.
    #[inline(always)]
    #[must_use]
    pub fn pair(self, at: usize, pair: &Pair, faults: &mut Faults) -> [u64; 2] {
        let first = self.load16(at.wrapping_add(usize::from(pair.ends[0])));
        let second = self.load16(at.wrapping_add(usize::from(pair.ends[1])));
        let (numbers, over) = convert(first, second, &pair.shuffle);
        // JUSTIFICATION: one instruction. SAFETY: AVX2 is enabled for the whole build.
        faults.0 = unsafe { _mm256_or_si256(faults.0, over) };
        numbers
    }

    /// The two numbers of a short text and the byte behind it; `None` when it has another form.
    #[inline(always)]
    #[must_use]
    pub fn short(self, at: usize, short: &Short) -> Option<([u64; 2], u8)> {
        // One bound for three loads: `limit` is at least BEFORE.
        if self.limit - BEFORE < at.wrapping_sub(BEFORE) {
            return None;
        }
        let [first, second] = short.pair.ends;
        // JUSTIFICATION: two bounds less a level, of about 50 instructions.
        // SAFETY: BEFORE <= at <= limit and `Short` keeps its ends within 32, so the loads lie
        // between at - 16 and at + 16 and their 16 bytes before at + BEHIND.
        let (first, second) = unsafe {
            let text = self.bytes.as_ptr().add(at - BEFORE);
            (
                _mm_loadu_si128(text.add(usize::from(first)).cast::<__m128i>()),
                _mm_loadu_si128(text.add(usize::from(second)).cast::<__m128i>()),
            )
        };
        let (numbers, over) = convert(first, second, &short.pair.shuffle);
        // JUSTIFICATION: the same bound.
        // SAFETY: as above, 32 bytes from `at`.
        let text = unsafe { _mm256_loadu_si256(self.bytes.as_ptr().add(at).cast::<__m256i>()) };
        let differs = differing(text, &short.template, &short.mask, over);
        if !Faults(differs).none() {
            return None;
        }
        // JUSTIFICATION: the same bound serves.
        // SAFETY: at <= limit, and `Short` keeps its length within 32 < BEHIND.
        let next = unsafe { *self.bytes.as_ptr().add(at + short.length) };
        Some((numbers, next))
    }

    /// One bit for each of 32 bytes from a place on: whether it is `wanted`.
    #[inline(always)]
    #[must_use]
    pub fn find(self, at: usize, wanted: u8) -> u32 {
        let text = self.load32(at);
        // JUSTIFICATION: 32 compares in three instructions.
        // SAFETY: AVX2 is enabled for the whole build.
        let bits = unsafe {
            let wanted = _mm256_set1_epi8(wanted.cast_signed());
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(text, wanted))
        };
        bits.cast_unsigned()
    }

    /// A hash of the 32 bytes from a place on; fixed for all time, not for hostile input.
    #[inline(always)]
    #[must_use]
    pub fn hash(self, at: usize) -> u64 {
        let words: [u64; 4] = match self.bytes.get(at..).and_then(<[u8]>::first_chunk::<32>) {
            Some(chunk) => bytemuck::must_cast(*chunk),
            None => [0; 4],
        };
        let a = words[0].wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let b = words[1].wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        let c = words[2].wrapping_mul(0x1656_67b1_9e37_79f9);
        let d = words[3].wrapping_mul(0x27d4_eb2f_1656_67c5);
        let sum = (a ^ b.rotate_left(21)).wrapping_add(c ^ d.rotate_left(43));
        sum ^ (sum >> 29)
    }
}

/// `sum`, and where a text differs from a template under a mask.
#[inline(always)]
fn differing(text: __m256i, template: &Block, mask: &Block, sum: __m256i) -> __m256i {
    // JUSTIFICATION: 32 bytes in four instructions; a byte loop takes 100.
    // SAFETY: AVX2 is enabled for the whole build; a `Block` is 32 readable bytes.
    unsafe {
        let template = _mm256_loadu_si256(template.0.as_ptr().cast::<__m256i>());
        let mask = _mm256_loadu_si256(mask.0.as_ptr().cast::<__m256i>());
        _mm256_or_si256(sum, _mm256_and_si256(_mm256_xor_si256(text, template), mask))
    }
}

/// Digits to numbers, both halves at once; and what was no digit.
#[inline(always)]
fn convert(first: __m128i, second: __m128i, shuffle: &Block) -> ([u64; 2], __m256i) {
    // JUSTIFICATION: 32 digits in 13 instructions; the byte loop takes three a digit.
    // SAFETY: AVX2 is enabled for the whole build; `Block` is 32 readable bytes.
    unsafe {
        let text = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(first), second);
        let shuffle = _mm256_loadu_si256(shuffle.0.as_ptr().cast::<__m256i>());
        // '0' goes first, so that the places without a digit become digit zero.
        let values = _mm256_sub_epi8(text, _mm256_set1_epi8(b'0'.cast_signed()));
        let digits = _mm256_shuffle_epi8(values, shuffle);
        let over = _mm256_subs_epu8(digits, _mm256_set1_epi8(9));
        let two = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a));
        let four = _mm256_madd_epi16(two, _mm256_set1_epi32(0x0001_0064));
        let packed = _mm256_packus_epi32(four, four);
        let eight = _mm256_madd_epi16(packed, _mm256_set1_epi32(0x0001_2710));
        // The upper eight digits lie in the lower word.
        let upper = _mm256_mul_epu32(eight, _mm256_set1_epi64x(100_000_000));
        let both = _mm256_add_epi64(upper, _mm256_srli_epi64::<32>(eight));
        let first = _mm256_extract_epi64::<0>(both).cast_unsigned();
        let second = _mm256_extract_epi64::<2>(both).cast_unsigned();
        ([first, second], over)
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Faults, Pair, Short, Window};

    fn window_of(text: &str) -> Vec<u8> {
        let mut bytes = vec![b' '; 16];
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[b' '; 64]);
        bytes
    }

    #[test]
    fn two_numbers_are_read_at_once() {
        let bytes = window_of("84551.10,1234567890123456");
        let window = Window::new(&bytes).unwrap();
        let mut pair = Pair::NONE;
        // Without the dot (3 from the end) and without the last zero.
        pair.set(0, 8, [8, 7, 6, 5, 4, 2].into_iter());
        pair.set(1, 25, (1..=16).rev());
        let mut faults = Faults::default();
        assert_eq!(window.pair(16, &pair, &mut faults), [845_511, 1_234_567_890_123_456]);
        assert!(faults.none());
    }

    #[test]
    fn what_is_no_digit_is_a_fault() {
        for wrong in ["/", ":", ".", "a", "-", " ", "\u{0}", "\u{7f}"] {
            let bytes = window_of(&format!("12{wrong}4"));
            let window = Window::new(&bytes).unwrap();
            let mut pair = Pair::NONE;
            pair.set(0, 4, (1..=4).rev());
            let mut faults = Faults::default();
            let _ = window.pair(16, &pair, &mut faults);
            assert!(!faults.none(), "{wrong:?}");
        }
    }

    #[test]
    fn outside_reads_as_nothing() {
        let bytes = [b'7'; 86];
        let window = Window::new(&bytes).unwrap();
        assert_eq!(window.find(23, b'7'), 0);
        assert_eq!(window.find(22, b'7'), u32::MAX);
        assert_eq!(window.find(usize::MAX, b'7'), 0);
        assert_eq!(window.byte(86), 0);
        let mut pair = Pair::NONE;
        pair.set(0, 3, [1].into_iter());
        let mut faults = Faults::default();
        // Zeros are no digits.
        let _ = window.pair(usize::MAX - 1, &pair, &mut faults);
        assert!(!faults.none());
        assert!(Window::new(&bytes[..79]).is_none());
    }

    #[test]
    fn templates_compare_where_the_mask_has_ones() {
        let bytes = window_of("[\"12.3\",\"4\"]");
        let window = Window::new(&bytes).unwrap();
        let mut template = Block::ZERO;
        let mut mask = Block::ZERO;
        template.0[..12].copy_from_slice(b"[\"00.0\",\"0\"]");
        for (at, mask) in mask.0[..12].iter_mut().enumerate() {
            *mask = if template.0[at] == b'0' { 0 } else { 0xff };
        }
        assert!(window.same(16, &[template], &[mask]));
        let mut pair = Pair::NONE;
        pair.set(0, 6, [4, 3, 1].into_iter());
        pair.set(1, 10, [1].into_iter());
        let short = Short::new(template, mask, pair, 12).unwrap();
        assert_eq!(window.short(16, &short), Some(([123, 4], b' ')));
        assert_eq!(window.short(15, &short), None);
        assert_eq!(window.short(usize::MAX, &short), None);
        template.0[4] = b',';
        assert!(!window.same(16, &[template], &[mask]));
        assert_eq!(window.short(16, &Short::new(template, mask, pair, 12).unwrap()), None);
        assert!(Short::new(template, mask, pair, 33).is_none());
        pair.ends[1] = 33;
        assert!(Short::new(template, mask, pair, 12).is_none());
    }
}
