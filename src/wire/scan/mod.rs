//! The fast way: exact layouts, learnt from the stream itself.
//!
//! A stream sends the same text again and again; only digits change. So the first message of a
//! new look is read byte by byte, strictly ([`learn`]), and leaves a [`Shape`]: the whole text as
//! a template, and where its numbers lie. From then on a message is one masked compare against
//! its template (seven loads for a trade) and four reads of two numbers each: no search for a
//! quote or a dot, no branch that depends on what the digits are. Depth levels work the same way
//! with small shapes of their own ([`Rungs`]).
//!
//! A shape only ever says "this text has the form of one that was read strictly before"; whatever
//! it does not recognise goes the checked way. What has been learnt changes the speed of an
//! answer, never the answer.

mod learn;
mod levels;
mod row;
mod shape;

pub(crate) use learn::{Bare, learn};
pub(crate) use levels::{Ladder, Rungs};
pub(crate) use row::{RowKey, row_shape};
pub(crate) use shape::{Context, Shape, Shapes};
