//! The rules of exits, one table each, with their edges.

mod hours;
mod intent;
mod measure;
mod size;
mod stop;
mod trail;
