//! The cold threads: one answers what the feed asks, one asks by the clock.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use model::{Draft, Instrument, InstrumentId, Kind, MILLISECOND, Nanos};
use runtime::{Counters, counters};

use super::client::RestError;
use super::ledger::Need;
use super::questions::{FundingInfo, PAGE, Questions};
use super::warm;
use crate::feed::hatch::{Answer, Ask, Clerk};
use crate::feed::repair::Hole;

counters! {
    /// What the urgent thread counts.
    pub enum UrgentCounter {
        /// Snapshots brought.
        Snapshots => "rest_snapshots_total",
        /// Snapshots that could not be had.
        SnapshotsFailed => "rest_snapshots_failed_total",
        /// Trades brought for holes.
        Trades => "rest_trades_total",
        /// Holes that were not filled to their end.
        HolesFailed => "rest_holes_failed_total",
    }
}

counters! {
    /// What the routine thread counts.
    pub enum RoutineCounter {
        /// Questions answered.
        Answered => "rest_answered_total",
        /// Questions that failed.
        Failed => "rest_failed_total",
        /// Questions that the ledger put off.
        PutOff => "rest_put_off_total",
        /// Weight used in this minute.
        Weight => "rest_weight_used",
        /// 1 during a ban.
        Banned => "rest_banned",
        /// Our clock against the venue's, absolute, in microseconds.
        Offset => "venue_clock_offset_us",
        /// 1 while the offset is too large to trade on.
        OffsetExcessive => "venue_clock_offset_excessive",
        /// Instruments whose grid or filters changed.
        Changed => "instruments_changed_total",
        /// Instruments with funding rules of their own.
        FundingRules => "funding_rules",
        /// Times that funding rules changed within a run.
        FundingChanged => "funding_rules_changed_total",
    }
}

/// How often what is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeskPlan {
    /// Levels a side in a snapshot.
    pub snapshot_levels: u32,
    /// Between two polls of open interest.
    pub open_interest: Duration,
    /// Between two polls of mark, index and funding.
    pub premium: Duration,
    /// Between two looks at the venue's clock, once it is known.
    pub time: Duration,
    /// Between two refreshes of the instruments.
    pub instruments: Duration,
    /// Between two refreshes of the funding rules. They cost no weight; their own pool is 500
    /// requests in 5 minutes, and an hourly question is none of it.
    pub funding: Duration,
    /// How long a hole may be worked on; a little less than trades are held back.
    pub repair: Duration,
    /// The offset beyond which nothing new is risked.
    pub offset_max: Nanos,
    /// Where the venue's table of instruments is kept between runs.
    pub cache: Option<PathBuf>,
}

impl Default for DeskPlan {
    fn default() -> Self {
        Self {
            snapshot_levels: 1_000,
            open_interest: Duration::from_secs(15),
            premium: Duration::from_secs(60),
            time: Duration::from_secs(10),
            instruments: Duration::from_secs(3_600),
            funding: Duration::from_secs(3_600),
            repair: Duration::from_millis(2_700),
            offset_max: Nanos(500 * MILLISECOND.0),
            cache: None,
        }
    }
}

/// Looks at the clock taken in quick succession at the start: the best of them is good.
const TIMES_AT_START: u32 = 5;

/// How long a thread sleeps at most before it looks whether to end.
const NAP: Duration = Duration::from_millis(50);

/// The funding rules as they were read last; clones share them.
#[derive(Clone, Default, Debug)]
pub struct FundingRules(Arc<Mutex<Option<Vec<FundingInfo>>>>);

impl FundingRules {
    /// How an instrument pays its funding; `None` before the first answer. An instrument that the
    /// venue does not name has the usual eight hours, and no cap or floor is known of it.
    #[must_use]
    pub fn of(&self, instrument: InstrumentId) -> Option<FundingInfo> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = FundingInfo::usual(instrument);
        let named = |list: &Vec<FundingInfo>| {
            list.iter().find(|one| one.instrument == instrument).cloned().unwrap_or(usual)
        };
        known.as_ref().map(named)
    }

    /// Takes a new answer; whether it says something else than the one before.
    fn learn(&self, list: Vec<FundingInfo>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.replace(list);
        before.is_some() && before != *known
    }
}

/// The running threads.
#[derive(Debug)]
pub struct Desk {
    /// How instruments pay their funding.
    pub funding: FundingRules,
    /// What the thread that answers the feed counts.
    pub urgent: Counters<UrgentCounter>,
    /// What the thread that asks by the clock counts.
    pub routine: Counters<RoutineCounter>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Desk {
    /// Starts the threads. Call it before any thread is pinned: children inherit the mask.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        plan: &DeskPlan,
        ask_now: Questions,
        ask_often: Questions,
        clerk: &Clerk,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (urgent, routine) = (Counters::default(), Counters::default());
        let mut answering = Urgent {
            plan: plan.clone(),
            questions: ask_now,
            clerk: clerk.clone(),
            stop: Arc::clone(&stop),
            counters: urgent.clone(),
        };
        let mut asking = Routine {
            plan: plan.clone(),
            questions: ask_often,
            clerk: clerk.clone(),
            stop: Arc::clone(&stop),
            counters: routine.clone(),
            funding: FundingRules::default(),
        };
        let funding = asking.funding.clone();
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let threads = vec![
            thread("rest-urgent").spawn(move || answering.run())?,
            thread("rest-routine").spawn(move || asking.run())?,
        ];
        Ok(Self { funding, urgent, routine, stop, threads })
    }

    /// Ends the threads; a request under way is waited for.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // A thread that panicked has ended too, and said so.
            let _ = thread.join();
        }
    }
}

/// Answers the feed.
struct Urgent {
    plan: DeskPlan,
    questions: Questions,
    clerk: Clerk,
    stop: Arc<AtomicBool>,
    counters: Counters<UrgentCounter>,
}

impl Urgent {
    fn run(&mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            match self.clerk.asks.recv_timeout(NAP) {
                Ok(Ask::Snapshot(id)) => self.snapshot(id),
                Ok(Ask::Trades(hole)) => self.trades(hole),
                Err(RecvTimeoutError::Timeout) => self.clerk.free(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn snapshot(&mut self, id: InstrumentId) {
        let answer = match self.questions.snapshot(id, self.plan.snapshot_levels, Need::Repair) {
            Ok(draft) => {
                self.counters.bump(UrgentCounter::Snapshots);
                Answer::Snapshot(draft)
            }
            Err(_) => {
                self.counters.bump(UrgentCounter::SnapshotsFailed);
                Answer::NoSnapshot(id)
            }
        };
        self.clerk.bring(answer);
    }

    /// Brings a hole's trades page by page. REST may lag behind the stream, so what is not there
    /// yet is asked for again until time is up.
    fn trades(&mut self, hole: Hole) {
        let deadline = Instant::now() + self.plan.repair;
        let mut from = hole.first;
        while from <= hole.last && Instant::now() < deadline && !self.stop.load(Ordering::Relaxed) {
            let limit = (hole.last - from + 1).min(PAGE);
            let mut prints = match self.questions.trades(hole.instrument, from, limit, Need::Repair)
            {
                Ok(prints) => prints,
                Err(RestError::Wait(_)) => break,
                Err(_) => Vec::new(),
            };
            prints.retain(|print| print.head.id <= hole.last);
            match prints.last() {
                Some(last) => {
                    from = last.head.id + 1;
                    self.counters.add(UrgentCounter::Trades, prints.len() as u64);
                    self.clerk.bring(Answer::Trades(hole.instrument, prints));
                }
                None => std::thread::sleep(4 * NAP),
            }
        }
        if from <= hole.last {
            self.counters.bump(UrgentCounter::HolesFailed);
            self.clerk.bring(Answer::NoTrades(hole.instrument));
        }
    }
}

/// What the routine thread does by the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Time,
    OpenInterest,
    Premium,
    Instruments,
    Funding,
}

/// Asks by the clock.
struct Routine {
    plan: DeskPlan,
    questions: Questions,
    clerk: Clerk,
    stop: Arc<AtomicBool>,
    counters: Counters<RoutineCounter>,
    funding: FundingRules,
}

impl Routine {
    fn run(&mut self) {
        let start = Instant::now();
        // The instruments were read before the run began.
        let mut due = [
            (Job::Time, start),
            (Job::OpenInterest, start),
            (Job::Premium, start),
            (Job::Instruments, start + self.plan.instruments),
            (Job::Funding, start),
        ];
        let mut times = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            for (job, at) in &mut due {
                if *at > now {
                    continue;
                }
                let asked = self.work(*job);
                times += u32::from(*job == Job::Time);
                let every = match job {
                    Job::Time if times < TIMES_AT_START => NAP,
                    Job::Time => self.plan.time,
                    Job::OpenInterest => self.plan.open_interest,
                    Job::Premium => self.plan.premium,
                    Job::Instruments => self.plan.instruments,
                    // Without any answer the question is put again soon.
                    Job::Funding if !asked => self.plan.funding.min(self.plan.premium),
                    Job::Funding => self.plan.funding,
                };
                // From now, not from when it was due: what was missed is not made up for.
                *at = now + every;
            }
            self.show();
            self.clerk.free();
            std::thread::sleep(NAP);
        }
    }

    /// Does one job; whether the venue answered.
    fn work(&mut self, job: Job) -> bool {
        match job {
            Job::Time => {
                let answer = self.questions.server_time();
                let answered = self.tally(answer).is_some();
                if answered {
                    self.bring_offset();
                }
                answered
            }
            Job::Instruments => {
                let answer = self.questions.exchange_info();
                let Some((bytes, list)) = self.tally(answer) else { return false };
                if let Some(path) = &self.plan.cache {
                    // The next refresh tries again; a run does not need the cache.
                    let _ = warm::store(path, &bytes);
                }
                self.renew(&list);
                true
            }
            Job::Funding => {
                let answer = self.questions.funding_info();
                let Some(list) = self.tally(answer) else { return false };
                self.counters.set(RoutineCounter::FundingRules, list.len() as u64);
                let changed = self.funding.learn(list);
                self.counters.add(RoutineCounter::FundingChanged, u64::from(changed));
                true
            }
            Job::OpenInterest | Job::Premium => self.poll(job),
        }
    }

    /// Open interest or premium of every instrument.
    fn poll(&mut self, job: Job) -> bool {
        let ids: Vec<InstrumentId> = self.questions.instruments().iter().map(|one| one.0).collect();
        let mut all = true;
        for id in ids {
            let answer = match job {
                Job::Premium => self.questions.premium(id),
                _ => self.questions.open_interest(id),
            };
            match self.tally(answer) {
                Some(draft) => drop(self.clerk.bring(Answer::Enter(draft))),
                None => all = false,
            }
        }
        all
    }

    fn tally<R>(&self, answer: Result<R, RestError>) -> Option<R> {
        self.counters.bump(match &answer {
            Ok(_) => RoutineCounter::Answered,
            Err(RestError::Wait(_)) => RoutineCounter::PutOff,
            Err(_) => RoutineCounter::Failed,
        });
        answer.ok()
    }

    /// The clock offset enters the log whenever it was measured anew.
    fn bring_offset(&mut self) {
        let now = self.questions.client.now();
        let Some(estimate) = self.questions.client.with_offset(|offset| offset.estimate(now))
        else {
            return;
        };
        let line = estimate.line(self.plan.offset_max);
        self.counters.set(RoutineCounter::Offset, estimate.offset.unsigned_abs() / 1_000);
        self.counters.set(RoutineCounter::OffsetExcessive, u64::from(line.excessive));
        let mut draft = Draft::default();
        draft.open(Kind::ServerTime, InstrumentId::NONE);
        draft.head.time_local = now;
        draft.push(line);
        self.clerk.bring(Answer::Enter(draft));
    }

    /// Grids and filters that changed enter the log.
    fn renew(&mut self, list: &[Instrument]) {
        let known: Vec<(InstrumentId, Instrument)> =
            self.questions.instruments().iter().map(|(id, one)| (id, *one)).collect();
        for (id, old) in known {
            let same = |new: &&Instrument| new.symbol == old.symbol;
            let Some(new) = list.iter().find(same).filter(|new| **new != old) else { continue };
            self.questions.put(*new);
            self.counters.bump(RoutineCounter::Changed);
            let mut draft = Draft::default();
            new.write(id, &mut draft);
            draft.head.time_local = self.questions.client.now();
            self.clerk.bring(Answer::Enter(draft));
        }
    }

    fn show(&mut self) {
        let now = self.questions.client.venue_now();
        let (used, banned) =
            self.questions.client.with_ledger(|ledger| (ledger.used(now), ledger.banned(now)));
        self.counters.set(RoutineCounter::Weight, u64::from(used));
        self.counters.set(RoutineCounter::Banned, u64::from(banned.is_some()));
    }
}
