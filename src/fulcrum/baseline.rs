//! Whether this machine can run this build: x86-64-v3, asked of the processor itself.
//!
//! `is_x86_feature_detected!` would not do: for what the build assumes it answers at compile time.

use std::arch::x86_64::{__cpuid, __cpuid_count};

/// A feature that the build uses: its name, and where the processor says that it has it.
struct Feature {
    name: &'static str,
    leaf: u32,
    register: fn(Registers) -> u32,
    bit: u32,
}

/// What a leaf answers, as far as it is used.
#[derive(Clone, Copy)]
struct Registers {
    ebx: u32,
    ecx: u32,
}

const EXTENDED: u32 = 0x8000_0001;

const fn feature(
    name: &'static str,
    leaf: u32,
    register: fn(Registers) -> u32,
    bit: u32,
) -> Feature {
    Feature { name, leaf, register, bit }
}

const FEATURES: [Feature; 9] = [
    feature("FMA", 1, |all| all.ecx, 12),
    feature("MOVBE", 1, |all| all.ecx, 22),
    feature("OSXSAVE", 1, |all| all.ecx, 27),
    feature("AVX", 1, |all| all.ecx, 28),
    feature("F16C", 1, |all| all.ecx, 29),
    feature("BMI1", 7, |all| all.ebx, 3),
    feature("AVX2", 7, |all| all.ebx, 5),
    feature("BMI2", 7, |all| all.ebx, 8),
    feature("LZCNT", EXTENDED, |all| all.ecx, 5),
];

/// What the processor lacks of x86-64-v3; empty when the build runs here.
pub(crate) fn missing() -> Vec<&'static str> {
    let known = |leaf| if leaf < EXTENDED { __cpuid(0).eax } else { __cpuid(0x8000_0000).eax };
    missing_by(|leaf| {
        let all = __cpuid_count(leaf, 0);
        (leaf <= known(leaf)).then_some(Registers { ebx: all.ebx, ecx: all.ecx })
    })
}

fn missing_by(ask: impl Fn(u32) -> Option<Registers>) -> Vec<&'static str> {
    let has = |feature: &Feature| {
        ask(feature.leaf).is_some_and(|all| (feature.register)(all) >> feature.bit & 1 == 1)
    };
    FEATURES.iter().filter(|feature| !has(feature)).map(|feature| feature.name).collect()
}

#[cfg(test)]
mod tests {
    use super::{Registers, missing, missing_by};

    #[test]
    fn what_is_not_said_is_missing() {
        assert!(missing().is_empty(), "the build that runs this test runs here");
        let full = Registers { ebx: u32::MAX, ecx: u32::MAX };
        assert!(missing_by(|_| Some(full)).is_empty());
        assert_eq!(missing_by(|leaf| (leaf != 7).then_some(full)), ["BMI1", "AVX2", "BMI2"]);
        let no_fma = Registers { ecx: !(1 << 12), ..full };
        assert_eq!(missing_by(|leaf| Some(if leaf == 1 { no_fma } else { full })), ["FMA"]);
    }
}
