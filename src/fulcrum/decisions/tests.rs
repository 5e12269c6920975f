//! Golden texts: what each rendering makes of hand-made records.

mod records;
mod samples;
mod texts;
