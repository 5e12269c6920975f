//! CRC-32C (Castagnoli), the checksum of a message: one instruction for eight bytes, and two
//! chains a line side by side, folded by a carry-less product.
//!
//! One chain waits three cycles a word, 24 a line. Two half-line chains and one fold cost nine
//! instructions a line that overlap with the next line's. `benches/log.rs` holds the figures.

use std::sync::LazyLock;

use model::{Body, Head, Line, Message};

/// The polynomial, bits reversed: CRC-32C's.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The CRC-32C of a message with its `crc` field taken as zero.
#[inline]
#[must_use]
pub fn message(message: Message<'_>) -> u32 {
    of(message.head, message.body)
}

/// The CRC-32C of a head (its `crc` taken as zero) and the body behind it.
#[inline]
#[must_use]
pub fn of(head: &Head, body: Body<'_>) -> u32 {
    let first = Line::of(Head { crc: 0, ..*head });
    !extend(extend(extend(!0, std::slice::from_ref(&first)), body.front), body.back)
}

/// The CRC-32C of some bytes. For headers and side files, not for the hot path.
#[must_use]
pub fn bytes(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| step(crc, byte))
}

/// Takes lines into a running, not yet inverted CRC.
#[inline]
fn extend(crc: u32, lines: &[Line]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("pclmulqdq") && is_x86_feature_detected!("sse4.2") {
        // JUSTIFICATION: 3 ns a line instead of 60 by table; every message is checksummed.
        // SAFETY: both instruction sets were found on this machine, one line above.
        return unsafe { extend_fast(crc, lines) };
    }
    lines
        .iter()
        .flat_map(|line| line.0)
        .fold(crc, |crc, word| word.to_le_bytes().into_iter().fold(crc, step))
}

/// One byte by table.
fn step(crc: u32, byte: u8) -> u32 {
    static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|at| (0..8).fold(u32::try_from(at).unwrap_or(0), |row, _| times_x(row)))
    });
    TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8)
}

/// A remainder times x: one more zero bit behind what was checksummed.
const fn times_x(remainder: u32) -> u32 {
    if remainder & 1 == 1 { (remainder >> 1) ^ POLYNOMIAL } else { remainder >> 1 }
}

/// What a remainder is multiplied with so that, reduced by the instruction, it stands `bytes`
/// zero bytes further: x^(8·bytes − 33). The reduction itself brings x³², and the product of two
/// reversed polynomials is short of one x.
const fn shift_by(bytes: u32) -> u32 {
    let mut remainder = 1 << 31;
    let mut left = 8 * bytes - 33;
    while left > 0 {
        remainder = times_x(remainder);
        left -= 1;
    }
    remainder
}

const SHIFT_LINE: u32 = shift_by(64);
const SHIFT_HALF: u32 = shift_by(32);

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse4.2,pclmulqdq")]
fn extend_fast(mut crc: u32, lines: &[Line]) -> u32 {
    use std::arch::x86_64::{
        _mm_clmulepi64_si128, _mm_crc32_u64, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_xor_si128,
    };
    #[expect(clippy::cast_possible_truncation, reason = "the instruction zeroes the upper half")]
    #[inline]
    #[target_feature(enable = "sse4.2,pclmulqdq")]
    fn half(a: u64, b: u64, c: u64, d: u64) -> u32 {
        let crc = _mm_crc32_u64(_mm_crc32_u64(0, a), b);
        _mm_crc32_u64(_mm_crc32_u64(crc, c), d) as u32
    }
    let shift_line = _mm_cvtsi64_si128(i64::from(SHIFT_LINE));
    let shift_half = _mm_cvtsi64_si128(i64::from(SHIFT_HALF));
    for line in lines {
        let [a, b, c, d, e, f, g, h] = line.0;
        let front = _mm_cvtsi64_si128(i64::from(half(a, b, c, d)));
        let back = half(e, f, g, h);
        let before = _mm_cvtsi64_si128(i64::from(crc));
        let folded = _mm_xor_si128(
            _mm_clmulepi64_si128::<0>(before, shift_line),
            _mm_clmulepi64_si128::<0>(front, shift_half),
        );
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        {
            crc = _mm_crc32_u64(0, _mm_cvtsi128_si64(folded).cast_unsigned()) as u32 ^ back;
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use model::{Body, Head, InstrumentId, Kind, Line};
    use proptest::prelude::*;

    use super::{bytes, of, step};

    #[test]
    fn the_published_check_value() {
        assert_eq!(bytes(b"123456789"), 0xe306_9283);
        assert_eq!(bytes(&[0; 32]), 0x8a91_36aa);
        assert_eq!(bytes(&[0xff; 32]), 0x62a8_ab43);
    }

    proptest! {
        #[test]
        fn instruction_and_table_agree(
            words in proptest::collection::vec(any::<[u64; 8]>(), 0..40),
            sequence: u64,
            crc: u32,
            cut in 0_usize..40,
        ) {
            let lines: Vec<Line> = words.into_iter().map(Line).collect();
            let (front, back) = lines.split_at(cut.min(lines.len()));
            let head = Head { sequence, crc, id: !sequence, ..Head::new(Kind::Depth, InstrumentId(3)) };
            let mut all = bytemuck::bytes_of(&head).to_vec();
            all[16..20].fill(0);
            all.extend_from_slice(bytemuck::cast_slice(&lines));
            let table = !all.iter().fold(!0, |crc, &byte| step(crc, byte));
            prop_assert_eq!(of(&head, Body { front, back }), table);
        }
    }
}
