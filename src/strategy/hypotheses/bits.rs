//! Sets of named bits: reasons, causes, inputs, confirmations.

/// A set of bits, each with a constant and the word that `explain` prints.
macro_rules! bits {
    ($(#[$meta:meta])* $name:ident($inner:ty) {
        $($(#[$bit_meta:meta])* $bit:ident = $place:literal, $text:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Debug)]
        pub struct $name(pub $inner);

        impl $name {
            $($(#[$bit_meta])* pub const $bit: Self = Self(1 << $place);)+
            /// None of them.
            pub const NONE: Self = Self(0);
            /// Every bit with its word.
            pub const WORDS: &'static [(Self, &'static str)] = &[$((Self::$bit, $text),)+];

            /// Whether any of these is set.
            #[must_use]
            pub const fn has(self, bits: Self) -> bool {
                self.0 & bits.0 != 0
            }

            /// With these as well.
            #[must_use]
            pub const fn with(self, bits: Self) -> Self {
                Self(self.0 | bits.0)
            }

            /// Without these.
            #[must_use]
            pub const fn without(self, bits: Self) -> Self {
                Self(self.0 & !bits.0)
            }

            /// Whether none is set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The words of those that are set.
            pub fn words(self) -> impl Iterator<Item = &'static str> {
                Self::WORDS.iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, word)| *word)
            }
        }
    };
}
pub(crate) use bits;
