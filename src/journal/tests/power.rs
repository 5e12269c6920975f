//! The power cut: at every step of the disk, what was acknowledged is there afterwards.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use journal::{
    Disk, DiskFile, Journal, JournalError, RecordError, Recorder, RecorderCounter, RecorderPlan,
};
use model::Nanos;

use crate::dying::{ALL_TORN, DyingDisk};
use crate::place::Place;
use crate::rig::{Rig, expected, read_all, read_on};

const SEED: u64 = 23;
const MESSAGES: u64 = 2000;

/// Small batches and many syncs, so that there are many steps to die at.
const PLAN: RecorderPlan =
    RecorderPlan { batch_bytes: 20_000, sync_bytes: 70_000, sync_every: Nanos(1000) };

/// Runs a tape into a disk until the disk fails, if it does. Returns the recorder.
fn run(rig: &mut Rig, disk: &DyingDisk) -> (Recorder<DyingDisk>, Option<RecordError>) {
    let mut recorder = Recorder::new(&rig.log, disk.clone(), PLAN);
    for at in 1..=100 {
        rig.write_to(MESSAGES / 100 * at);
        rig.keeper.cycle(Nanos(0));
        // Every third cycle passes the time that a message may wait.
        if let Err(error) = recorder.cycle(Nanos(at * 400)) {
            return (recorder, Some(error));
        }
    }
    let error = recorder.finish(Nanos(u64::MAX)).err();
    (recorder, error)
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_every_step() {
    let want = expected(SEED, MESSAGES);
    let steps = {
        let (hot, disk) = (Place::hot(), DyingDisk::dies_at(u64::MAX));
        let (_, error) = run(&mut Rig::new(hot.path(), SEED), &disk);
        assert!(error.is_none(), "{error:?}");
        disk.steps()
    };
    assert!(steps > 60, "enough steps to die at: {steps}");
    for step in 0..=steps {
        let (hot, disk) = (Place::hot(), DyingDisk::dies_at(step));
        let mut rig = Rig::new(hot.path(), SEED);
        let (recorder, error) = run(&mut rig, &disk);
        assert_eq!(error.is_some(), step < steps, "step {step}");
        let acknowledged = recorder.counters().get(RecorderCounter::Synced);
        for torn in ALL_TORN {
            let place = Place::disk();
            disk.after_power_cut(place.path(), torn);
            let at = format!("step {step} of {steps}, {torn:?}");
            let found = match Journal::open(place.path()) {
                Ok(journal) => read_all(&journal),
                Err(JournalError::NoSegment(_)) => {
                    assert_eq!(acknowledged, 0, "{at}");
                    continue;
                }
                Err(error) => panic!("{at}: {error}"),
            };
            assert_eq!(found.digests, want[..found.digests.len()], "{at}");
            assert!(found.digests.len() as u64 >= acknowledged, "{at}: {acknowledged} promised");
        }
    }
}

#[test]
fn a_failed_disk_is_never_asked_again_and_another_one_takes_over() {
    for step in [1, 2, 3, 10, 25, 40] {
        let (hot, disk) = (Place::hot(), DyingDisk::dies_at(step));
        let mut rig = Rig::new(hot.path(), SEED);
        let (mut recorder, error) = run(&mut rig, &disk);
        assert!(matches!(error, Some(RecordError::Disk(_))), "step {step}: {error:?}");
        assert_eq!(recorder.counters().get(RecorderCounter::Failed), 1);
        let steps = disk.steps();
        for _ in 0..3 {
            assert!(matches!(recorder.cycle(Nanos(0)), Err(RecordError::Failed)));
            assert!(matches!(recorder.finish(Nanos(0)), Err(RecordError::Failed)));
        }
        assert_eq!((disk.steps(), disk.syncs_after_failure()), (steps, 0), "left alone");

        // The log kept what was not synced; a new disk gets it.
        let second = DyingDisk::dies_at(u64::MAX);
        rig.write_to(MESSAGES);
        recorder.move_to(second.clone()).expect("the log kept it");
        recorder.finish(Nanos(1)).expect("a sound disk");
        let (old, new) = (Place::disk(), Place::disk());
        disk.after_power_cut(old.path(), crate::dying::Torn::Half);
        second.after_power_cut(new.path(), crate::dying::Torn::Nothing);
        let rest = read_all(&Journal::open(new.path()).expect("a journal"));
        let want = expected(SEED, MESSAGES);
        assert_eq!(rest.digests, want[want.len() - rest.digests.len()..], "step {step}");
        assert_eq!(rest.stopped, None);
        let mut reader = Journal::open(old.path()).expect("a journal").reader();
        let kept = read_on(&mut reader).digests.len();
        assert!(kept + rest.digests.len() >= want.len(), "step {step}: nothing between the two");
    }
}

/// A disk whose syncs stand still until they are let go.
struct StuckDisk {
    disk: DyingDisk,
    stuck: Arc<AtomicBool>,
}

struct StuckFile<F> {
    file: F,
    stuck: Arc<AtomicBool>,
}

impl Disk for StuckDisk {
    type File = StuckFile<<DyingDisk as Disk>::File>;

    fn create(&mut self, name: &str) -> io::Result<Self::File> {
        Ok(StuckFile { file: self.disk.create(name)?, stuck: Arc::clone(&self.stuck) })
    }
}

impl<F: DiskFile> DiskFile for StuckFile<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        while self.stuck.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        self.file.sync()
    }
}

#[test]
fn a_stuck_disk_does_not_reach_the_feed_and_its_lag_is_published() {
    let (hot, disk) = (Place::hot(), DyingDisk::dies_at(u64::MAX));
    let stuck = Arc::new(AtomicBool::new(true));
    let mut rig = Rig::new(hot.path(), SEED);
    let slow = StuckDisk { disk: disk.clone(), stuck: Arc::clone(&stuck) };
    let recorder = Recorder::new(&rig.log, slow, PLAN);
    let counters = recorder.counters();
    let recording = recorder.spawn(|| Nanos(u64::MAX / 2)).expect("a thread");
    // Panics when the door shuts.
    rig.write_to(MESSAGES);
    assert_eq!(counters.get(RecorderCounter::Synced), 0, "nothing was synced");
    stuck.store(false, Ordering::Release);
    let (recorder, done) = recording.stop();
    done.expect("a sound disk");
    assert_eq!(recorder.counters().get(RecorderCounter::Synced), MESSAGES);
    assert_eq!(recorder.counters().get(RecorderCounter::LagBytes), 0);
    let place = Place::hot();
    disk.after_power_cut(place.path(), crate::dying::Torn::Nothing);
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    assert_eq!(found.digests, expected(SEED, MESSAGES));
}

#[test]
fn a_full_disk_keeps_what_it_took() {
    let want = expected(SEED, MESSAGES);
    for space in [0, 30, 64, 5_000, 33_333, 300_000] {
        let (hot, disk) = (Place::hot(), DyingDisk::of_bytes(space));
        let mut rig = Rig::new(hot.path(), SEED);
        let (recorder, error) = run(&mut rig, &disk);
        match error {
            Some(RecordError::Disk(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
            }
            other => panic!("{space} bytes: {other:?}"),
        }
        let acknowledged = recorder.counters().get(RecorderCounter::Synced);
        assert!(recorder.counters().get(RecorderCounter::LagBytes) > 0, "the lag is published");
        let place = Place::disk();
        disk.after_power_cut(place.path(), crate::dying::Torn::Half);
        if let Ok(journal) = Journal::open(place.path()) {
            let found = read_all(&journal);
            assert_eq!(found.digests, want[..found.digests.len()]);
            assert!(found.digests.len() as u64 >= acknowledged);
        }
    }
}
