//! The tape: all inputs as one sequence.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::form::Form;
use crate::input::{Input, Opened};
use crate::lines::Lines;
use crate::{ArchiveError, Broken, Item};

/// Several inputs as one tape, in the order given.
#[derive(Debug)]
pub struct Archive {
    paths: Vec<PathBuf>,
    // The next path to open.
    next: usize,
    // What is being read: one input, or neighbouring captures that are merged.
    group: Vec<Input>,
    // Opened to see whether it belongs to the group, and did not.
    after: Option<Opened>,
    journal: Option<(usize, PathBuf)>,
    broken: Option<Broken>,
    over: bool,
    bytes: u64,
    // Of inputs that are done.
    bytes_done: u64,
}

impl Archive {
    /// Looks at every input; opens none yet.
    ///
    /// # Errors
    /// [`ArchiveError`] names the first input that is not there.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ArchiveError> {
        let mut bytes = 0;
        for path in paths {
            let about =
                fs::metadata(path).map_err(|cause| ArchiveError { file: path.clone(), cause })?;
            bytes += if about.is_file() { about.len() } else { 0 };
        }
        Ok(Self {
            paths: paths.to_vec(),
            next: 0,
            group: Vec::new(),
            after: None,
            journal: None,
            broken: None,
            over: false,
            bytes,
            bytes_done: 0,
        })
    }

    /// Bytes of the files read so far, and of all of them.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.bytes_done + self.group.iter().map(Input::consumed).sum::<u64>(), self.bytes)
    }

    /// The next item; `None` at the end, or behind [`Item::Broken`].
    #[expect(clippy::should_implement_trait, reason = "an item borrows the archive's buffer")]
    pub fn next(&mut self) -> Option<Item<'_>> {
        if self.over {
            return None;
        }
        loop {
            match self.first() {
                Ok(Some(at)) => return self.group[at].take(),
                Ok(None) => {}
                Err(broken) => return self.end(broken),
            }
            self.bytes_done += self.group.iter().map(Input::consumed).sum::<u64>();
            self.group.clear();
            match self.advance() {
                Ok(true) if self.journal.is_some() => {
                    let (input, path) = self.journal.as_ref()?;
                    return Some(Item::Journal { input: *input, path });
                }
                Ok(true) => {}
                Ok(false) => return None,
                Err(broken) => return self.end(broken),
            }
        }
    }

    fn end(&mut self, broken: Broken) -> Option<Item<'_>> {
        self.over = true;
        Some(Item::Broken(self.broken.insert(broken)))
    }

    /// The input whose waiting line was received first; of equals the earlier given.
    fn first(&mut self) -> Result<Option<usize>, Broken> {
        let mut best = None;
        for (at, input) in self.group.iter_mut().enumerate() {
            if !input.wait() {
                if let Some(broken) = input.broken() {
                    return Err(broken);
                }
                continue;
            }
            if best.is_none_or(|(time, _)| input.time() < time) {
                best = Some((input.time(), at));
            }
        }
        Ok(best.map(|(_, at)| at))
    }

    /// Opens the next input, and with a capture its neighbours; `false` behind the last.
    fn advance(&mut self) -> Result<bool, Broken> {
        self.journal = None;
        let Some(opened) = self.open_next()? else { return Ok(false) };
        match opened {
            Opened::Journal(index, path) => self.journal = Some((index, path)),
            Opened::Lines(input) => {
                let merge = input.form() == Form::Cryptofeed;
                self.group.push(*input);
                if merge {
                    self.gather()?;
                }
            }
        }
        Ok(true)
    }

    /// Opens the captures that follow, up to the first input that is none.
    fn gather(&mut self) -> Result<(), Broken> {
        loop {
            match self.open_next()? {
                Some(Opened::Lines(more)) if more.form() == Form::Cryptofeed => {
                    self.group.push(*more);
                }
                other => {
                    self.after = other;
                    return Ok(());
                }
            }
        }
    }

    fn open_next(&mut self) -> Result<Option<Opened>, Broken> {
        if let Some(opened) = self.after.take() {
            return Ok(Some(opened));
        }
        let Some(path) = self.paths.get(self.next) else { return Ok(None) };
        let opened =
            Opened::open(self.next, path, Lines::default()).map_err(|cause: io::Error| Broken {
                file: path.clone(),
                byte: 0,
                what: cause.to_string(),
            })?;
        self.next += 1;
        Ok(Some(opened))
    }
}
