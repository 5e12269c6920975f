//! The frame machine at every split point, and beside tungstenite.

use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::error::{CapacityError, ProtocolError};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::{CONTROL_MAX, FrameFault, Frames, Opcode, Step, write};

const LIMIT: usize = 4096;

/// What either reader says, in words that both can say.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    Bad(FrameFault),
    More,
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    header(first, payload.len(), 0).into_iter().chain(payload.iter().copied()).collect()
}

fn header(first: u8, length: usize, masked: u8) -> Vec<u8> {
    let mut out = vec![first];
    match length {
        0..=125 => out.push(masked | u8::try_from(length).expect("short")),
        126..=65_535 => {
            out.push(masked | 126);
            out.extend(u16::try_from(length).expect("long").to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out
}

/// Feeds our machine these chunks.
fn ours(chunks: &[&[u8]]) -> Vec<Said> {
    let mut frames = Frames::new(LIMIT);
    let mut said = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while !rest.is_empty() {
            let space = frames.space();
            let count = space.len().min(rest.len());
            space[..count].copy_from_slice(&rest[..count]);
            frames.fill(count);
            rest = &rest[count..];
            if let Some(end) = drain(&mut frames, &mut said) {
                said.push(end);
                return said;
            }
        }
    }
    said.push(Said::More);
    said
}

fn drain(frames: &mut Frames, said: &mut Vec<Said>) -> Option<Said> {
    loop {
        match frames.step() {
            Step::Message(at) => said.push(Said::Message(frames.bytes()[at].to_vec())),
            Step::Ping(at) => said.push(Said::Ping(frames.bytes()[at].to_vec())),
            Step::Pong => said.push(Said::Pong),
            Step::Close(code) => return Some(Said::Close(code)),
            Step::Bad(fault) => return Some(Said::Bad(fault)),
            Step::NeedMore => return None,
        }
    }
}

/// A socket with these bytes in it, then nothing.
struct Bytes<'a>(&'a [u8]);

impl Read for Bytes<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn theirs(bytes: &[u8]) -> Vec<Said> {
    let config = WebSocketConfig::default()
        .max_frame_size(Some(LIMIT))
        .max_message_size(Some(LIMIT))
        .read_buffer_size(4096);
    let mut socket = WebSocket::from_raw_socket(Bytes(bytes), Role::Client, Some(config));
    let mut said = Vec::new();
    loop {
        said.push(match socket.read() {
            Ok(Message::Text(text)) => Said::Message(text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Said::Message(bytes.to_vec()),
            Ok(Message::Ping(bytes)) => Said::Ping(bytes.to_vec()),
            Ok(Message::Pong(_)) => Said::Pong,
            Ok(Message::Close(frame)) => Said::Close(frame.map(|frame| frame.code.into())),
            Ok(Message::Frame(_)) => unreachable!("only for writing"),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Said::More,
            Err(error) => Said::Bad(fault(&error)),
        });
        if matches!(said.last(), Some(Said::Close(_) | Said::Bad(_) | Said::More)) {
            return said;
        }
    }
}

fn fault(error: &Error) -> FrameFault {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => FrameFault::Giant,
        Error::Utf8(_) => FrameFault::Close,
        Error::Protocol(error) => match error {
            ProtocolError::NonZeroReservedBits => FrameFault::ReservedBits,
            ProtocolError::MaskedFrameFromServer => FrameFault::Masked,
            ProtocolError::FragmentedControlFrame => FrameFault::FragmentedControl,
            ProtocolError::ControlFrameTooBig => FrameFault::LongControl,
            ProtocolError::UnexpectedContinueFrame => FrameFault::Continuation,
            ProtocolError::ExpectedFragment(_) => FrameFault::Interleaved,
            ProtocolError::InvalidCloseSequence => FrameFault::Close,
            ProtocolError::InvalidOpcode(_)
            | ProtocolError::UnknownControlFrameType(_)
            | ProtocolError::UnknownDataFrameType(_) => FrameFault::Opcode,
            other => panic!("an error we have no word for: {other}"),
        },
        other => panic!("an error we have no word for: {other}"),
    }
}

/// One by one, in every form a message can take, and every way it can be wrong.
fn table() -> Vec<(&'static str, Vec<u8>, Vec<Said>)> {
    let message = |text: &[u8]| Said::Message(text.to_vec());
    let long = vec![b'x'; 300];
    let full = vec![b'y'; LIMIT];
    vec![
        ("empty text", frame(0x81, b""), vec![message(b""), Said::More]),
        ("text", frame(0x81, b"hello"), vec![message(b"hello"), Said::More]),
        ("16-bit length", frame(0x81, &long), vec![message(&long), Said::More]),
        ("at the limit", frame(0x82, &full), vec![message(&full), Said::More]),
        ("over the limit", header(0x82, LIMIT + 1, 0), vec![Said::Bad(FrameFault::Giant)]),
        ("64 MiB", header(0x81, 64 << 20, 0), vec![Said::Bad(FrameFault::Giant)]),
        (
            "a ping between fragments",
            [frame(0x01, b"ab"), frame(0x89, b"p"), frame(0x00, b"cd"), frame(0x80, b"e")].concat(),
            vec![Said::Ping(b"p".to_vec()), message(b"abcde"), Said::More],
        ),
        (
            "fragments over the limit",
            [frame(0x01, &full), frame(0x80, b"z")].concat(),
            vec![Said::Bad(FrameFault::Giant)],
        ),
        ("reserved bit", frame(0xc1, b"a"), vec![Said::Bad(FrameFault::ReservedBits)]),
        (
            "masked",
            [header(0x81, 1, 0x80), vec![0, 0, 0, 0, b'a']].concat(),
            vec![Said::Bad(FrameFault::Masked)],
        ),
        ("opcode 3", frame(0x83, b""), vec![Said::Bad(FrameFault::Opcode)]),
        ("opcode 11", frame(0x8b, b""), vec![Said::Bad(FrameFault::Opcode)]),
        ("ping in parts", frame(0x09, b"a"), vec![Said::Bad(FrameFault::FragmentedControl)]),
        ("long ping", frame(0x89, &[0; 126]), vec![Said::Bad(FrameFault::LongControl)]),
        ("continues nothing", frame(0x80, b"a"), vec![Said::Bad(FrameFault::Continuation)]),
        (
            "message in a message",
            [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
            vec![Said::Bad(FrameFault::Interleaved)],
        ),
        ("close", frame(0x88, b""), vec![Said::Close(None)]),
        ("close 1000", frame(0x88, b"\x03\xe8bye"), vec![Said::Close(Some(1000))]),
        ("close with one byte", frame(0x88, b"\x03"), vec![Said::Bad(FrameFault::Close)]),
        ("close, no text", frame(0x88, b"\x03\xe8\xff"), vec![Said::Bad(FrameFault::Close)]),
        ("pong", frame(0x8a, b"x"), vec![Said::Pong, Said::More]),
    ]
}

#[test]
fn every_form_and_every_fault_as_in_the_table_and_as_tungstenite_says() {
    for (name, bytes, want) in table() {
        assert_eq!(ours(&[&bytes]), want, "{name}");
        assert_eq!(theirs(&bytes), want, "tungstenite: {name}");
    }
}

#[test]
fn every_split_point_says_the_same() {
    for (name, bytes, want) in table() {
        for at in 0..=bytes.len() {
            let (a, b) = bytes.split_at(at);
            assert_eq!(ours(&[a, b]), want, "{name} split at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(ours(&single), want, "{name} byte by byte");
    }
}

#[test]
fn a_long_life_reuses_the_same_memory() {
    let mut frames = Frames::new(512);
    let size = frames.bytes().len();
    let tape: Vec<u8> = (0..2_000_u32)
        .flat_map(|i| frame(0x81, &vec![b'a'; usize::try_from(i % 512).expect("small")]))
        .collect();
    let mut count = 0_usize;
    for chunk in tape.chunks(700) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let space = frames.space();
            let fits = space.len().min(rest.len());
            space[..fits].copy_from_slice(&rest[..fits]);
            frames.fill(fits);
            rest = &rest[fits..];
            while let Step::Message(at) = frames.step() {
                assert_eq!(at.len(), count % 512);
                assert!(at.start >= super::GUARD && at.end + super::GUARD <= size);
                count += 1;
            }
        }
    }
    assert_eq!((count, frames.bytes().len()), (2_000, size));
}

#[test]
fn what_a_client_writes_a_server_reads() {
    for (opcode, length) in
        [(Opcode::Pong, 0), (Opcode::Pong, CONTROL_MAX), (Opcode::Text, 126), (Opcode::Text, 9000)]
    {
        let payload: Vec<u8> =
            (0..length).map(|i| b'a' + u8::try_from(i % 26).expect("small")).collect();
        let mut out = vec![0; length + 14];
        let count = write(opcode, &payload, [1, 2, 3, 4], &mut out).expect("it fits");
        let bytes = Bytes(&out[..count]);
        let mut server = WebSocket::from_raw_socket(bytes, Role::Server, None);
        let got = server.read().expect("a message").into_data().to_vec();
        assert_eq!(got, payload);
        assert_eq!(write(opcode, &payload, [0; 4], &mut out[..count - 1]), None);
    }
    assert_eq!(write(Opcode::Text, &vec![0; 70_000], [0; 4], &mut vec![0; 80_000]), None);
}

/// Mostly sound frames, with every kind of unsound one among them.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop::collection::vec(b' '..b'~', 0..400);
    let first = prop_oneof![
        12 => Just(0x81_u8), 3 => Just(0x82), 4 => Just(0x01), 6 => Just(0x00), 6 => Just(0x80),
        3 => Just(0x89), 2 => Just(0x8a), 1 => Just(0x88), 1 => any::<u8>(),
    ];
    (first, payload, prop::bool::weighted(0.01)).prop_map(|(first, mut payload, masked)| {
        if first & 8 != 0 && first != 0x88 {
            payload.truncate(60);
        }
        if masked {
            return [header(first, payload.len(), 0x80), vec![0; 4], payload].concat();
        }
        frame(first, &payload)
    })
}

proptest! {
    #[test]
    fn any_stream_in_any_chunks_is_read_as_tungstenite_reads_it(
        frames in prop::collection::vec(any_frame(), 0..24),
        cuts in prop::collection::vec(1_usize..900, 1..40),
    ) {
        let bytes = frames.concat();
        let mut chunks = Vec::new();
        let mut rest = bytes.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (a, b) = rest.split_at((*cut).min(rest.len()));
            chunks.push(a);
            rest = b;
        }
        let mut theirs = theirs(&bytes);
        // tungstenite answers a close code that must not be sent by another; the frame is the same.
        let ours = ours(&chunks);
        if let (Some(Said::Close(Some(_))), Some(Said::Close(Some(code)))) = (ours.last(), theirs.last_mut())
            && *code == 1002
        {
            prop_assert_eq!(&ours[..ours.len() - 1], &theirs[..theirs.len() - 1]);
        } else {
            prop_assert_eq!(ours, theirs);
        }
    }
}
