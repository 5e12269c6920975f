//! The ring against a queue that cannot be wrong, and under two threads.

use std::collections::VecDeque;

use bytemuck::Zeroable;
use model::{Head, Line, Message, Sink};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

use super::{Inbox, Outbox, ring, ring_of};

/// A message whose every word says which one it is and where in it the word stands.
pub(crate) fn message(sequence: u64, lines: u16) -> (Head, Vec<Line>) {
    let head = Head { sequence, lines, ..Head::zeroed() };
    let body = (0..u64::from(lines)).map(|line| Line([sequence * 31 + line; 8])).collect();
    (head, body)
}

pub(crate) fn send(out: &mut impl Sink, sequence: u64, lines: u16) {
    let (head, body) = message(sequence, lines);
    out.send(Message::new(&head, &body));
}

/// Whether a message is, word for word, the one that was sent.
pub(crate) fn is_whole(got: Message<'_>, sequence: u64, lines: u16) -> bool {
    let (head, body) = message(sequence, lines);
    *got.head == head && got.body.len() == body.len() && got.body.iter().eq(&body)
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(u16),
    Read(usize),
    Peek,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12_u16).prop_map(Step::Send),
        3 => (0..6_usize).prop_map(Step::Read),
        1 => any::<bool>().prop_map(|_| Step::Peek),
    ]
}

proptest! {
    /// Sends, batches and looks in any order: the ring holds what the queue holds, wrapped or
    /// not, and refuses exactly what does not fit.
    #[test]
    fn the_ring_is_a_queue(steps in proptest::collection::vec(step(), 1..400)) {
        let slots = 16;
        let (mut out, mut inbox) = ring_of(slots);
        let mut queue: VecDeque<(u64, u16)> = VecDeque::new();
        let mut used = 0;
        let mut sequence = 0;
        for step in steps {
            match step {
                Step::Send(lines) => {
                    let room = out.room();
                    prop_assert!(room <= slots - used, "room that is not there");
                    // Up to half of the ring an answer is exact.
                    prop_assert_eq!(room.min(slots / 2), (slots - used).min(slots / 2));
                    if room > usize::from(lines) {
                        sequence += 1;
                        send(&mut out, sequence, lines);
                        queue.push_back((sequence, lines));
                        used += 1 + usize::from(lines);
                    }
                }
                Step::Read(count) => {
                    let mut batch = inbox.batch();
                    for _ in 0..count {
                        let Some(got) = batch.take() else { break };
                        let (sequence, lines) = queue.pop_front().expect("sent before");
                        prop_assert!(is_whole(got, sequence, lines));
                        used -= 1 + usize::from(lines);
                    }
                }
                Step::Peek => {
                    let batch = inbox.batch();
                    match (batch.peek(), queue.front()) {
                        (Some(got), Some(&(sequence, lines))) => {
                            prop_assert!(is_whole(got, sequence, lines));
                        }
                        (None, None) => {}
                        (got, want) => prop_assert!(false, "{:?} for {:?}", got, want),
                    }
                }
            }
            prop_assert_eq!(inbox.waiting(), used);
        }
    }
}

#[test]
fn a_reader_sees_whole_messages_in_order_beside_a_sender_on_another_thread() {
    const MESSAGES: u64 = 200_000;
    let lines_of = |sequence: u64| u16::try_from(sequence * 7 % 23).expect("below 23");
    let (mut out, mut inbox) = ring_of(64);
    let sender = std::thread::spawn(move || {
        for sequence in 1..=MESSAGES {
            let lines = lines_of(sequence);
            while out.room() < 1 + usize::from(lines) {
                std::thread::yield_now();
            }
            send(&mut out, sequence, lines);
        }
    });
    let mut sequence = 0;
    while !inbox.is_drained() {
        let mut batch = inbox.batch();
        while let Some(got) = batch.take() {
            sequence += 1;
            assert!(is_whole(got, sequence, lines_of(sequence)), "message {sequence}");
        }
        drop(batch);
        std::thread::yield_now();
    }
    sender.join().expect("the sender is through");
    assert_eq!(sequence, MESSAGES);
}

#[test]
fn what_was_sent_before_the_end_is_still_read() {
    for close in [|mut out: Outbox| out.close(), |out: Outbox| drop(out)] {
        let (mut out, mut inbox) = ring_of(16);
        send(&mut out, 1, 3);
        assert!(!inbox.is_drained());
        close(out);
        assert!(!inbox.is_drained(), "a message waits");
        assert_eq!(inbox.receive(|got| is_whole(got, 1, 3)), Some(true));
        assert!(inbox.is_drained());
        assert_eq!(inbox.receive(|_| ()), None);
    }
}

#[test]
fn a_closed_end_is_seen_by_the_other() {
    for close in [|mut inbox: Inbox| inbox.close(), |inbox: Inbox| drop(inbox)] {
        let (out, inbox) = ring_of(16);
        assert!(!out.is_abandoned());
        close(inbox);
        assert!(out.is_abandoned());
    }
}

#[test]
fn a_closed_outbox_has_no_room() {
    let (mut out, _inbox) = ring_of(16);
    out.close();
    assert_eq!((out.room(), out.ask_max()), (0, 0));
}

#[test]
#[should_panic(expected = "a message of 3 lines was sent without asking for room")]
fn who_sends_without_room_is_told() {
    let (mut out, _inbox) = ring_of(4);
    send(&mut out, 1, 1);
    send(&mut out, 2, 2);
}

#[test]
#[should_panic(expected = "a ring has at least 16384 slots, not 8192")]
fn a_ring_too_small_for_the_longest_message_is_not_made() {
    let _ = ring(8192);
}
