"""A recorded conversation, faults and all, replays to the same results; another client is told where it differs."""

from __future__ import annotations

import io
import os

import pytest

from harness.errors import DeviceError, DeviceGoneError, LinkError
from harness.link.exchange import Patience
from harness.link.fake import FakeDevice
from harness.link.faulty import Faults, FaultyStream
from harness.link.frames import Frame, encode_frame
from harness.link.messages import Space
from harness.link.mlperf import MlperfClient
from harness.link.replay import ReplayStream
from harness.link.session import Session
from harness.link.transcript import Header, RecordedTranscript, Transcript, parse_transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

_BLOB = bytes(range(256)) * 20


def soon() -> Deadline:
    return Deadline.after(20)


def converse(stream: Stream, transcript: Transcript) -> list[object]:
    first_seq = stream.first_seq if isinstance(stream, ReplayStream) else None
    session = Session(stream, transcript, patience=Patience((0.01,) * 6), first_seq=first_seq)
    session.wait_ready(soon())
    results: list[object] = [session.hello(soon())]
    session.upload(Space.SLOT, _BLOB, soon())
    results.append(session.load(len(_BLOB), soon()))
    transcript.marker("check:0", {"index": 0})
    session.write(Space.INPUT, 0, bytes(16), soon())
    results.append(session.run(1, 3, True, soon()))
    results.append(session.read(Space.OUTPUT, 0, 10, soon()))
    results.append(session.counters)
    return results


def recorded(stream: Stream) -> tuple[RecordedTranscript, list[object]]:
    sink = io.BytesIO()
    results = converse(stream, Transcript(sink, Header()))
    return parse_transcript(sink.getvalue()), results


def test_replay_gives_the_same() -> None:
    transcript, results = recorded(FakeDevice().stream())
    stream = ReplayStream(transcript)
    assert converse(stream, Transcript()) == results
    assert stream.finished()


def test_replay_of_a_bad_line_takes_the_same_turns() -> None:
    replayed = 0
    for seed in range(20):
        line = FaultyStream(FakeDevice().stream(), Faults(flip=4e-4, drop=2e-4, withhold=0.1), seed)
        try:
            transcript, results = recorded(line)
        except DeviceError:
            continue
        stream = ReplayStream(transcript)
        assert converse(stream, Transcript()) == results
        assert stream.finished()
        replayed += 1
    assert replayed >= 10


def test_first_seq() -> None:
    assert ReplayStream(parse_transcript(_record(b"name%"))).first_seq is None
    wire = encode_frame(Frame(1, 77)) + encode_frame(Frame(1, 78))
    assert ReplayStream(parse_transcript(_record(b"\0", wire[:5], wire[5:]))).first_seq == 77


def _record(*sent: bytes) -> bytes:
    sink = io.BytesIO()
    transcript = Transcript(sink, Header())
    for chunk in sent:
        transcript.sent(chunk)
    return sink.getvalue()


def test_text_replays_too() -> None:
    def converse(stream: Stream, transcript: Transcript) -> list[object]:
        client = MlperfClient(stream, transcript)
        client.wait_ready(soon())
        return [client.name(soon()), client.profile(soon())]

    sink = io.BytesIO()
    results = converse(FakeDevice().stream(), Transcript(sink, Header()))
    assert converse(ReplayStream(parse_transcript(sink.getvalue())), Transcript()) == results


def test_writes_and_reads_may_be_cut_otherwise() -> None:
    transcript, _ = recorded(FakeDevice().stream())
    stream = ReplayStream(transcript)
    for chunk in transcript.chunks():
        if chunk.direction.value == "tx":
            for at in range(0, len(chunk.data), 7):
                stream.write(chunk.data[at : at + 7], soon())
        else:
            got = b""
            while len(got) < len(chunk.data):
                got += stream.read(5, soon())
            assert got == chunk.data
    assert stream.finished()


def test_another_byte_is_named() -> None:
    sink = io.BytesIO()
    transcript = Transcript(sink, Header())
    transcript.received(b"m-ready\r\n")
    transcript.sent(b"name%")
    stream = ReplayStream(parse_transcript(sink.getvalue()))
    with pytest.raises(LinkError, match=r"record 1 of 2, byte 0: .* the device speaks here"):
        stream.write(b"name%", soon())
    assert stream.read(100, soon()) == b"m-ready\r\n"
    assert stream.read(100, soon()) == b""
    stream.write(b"na", soon())
    with pytest.raises(
        LinkError, match="record 2 of 2, byte 3: client sent 58 65, recorded is 65 25"
    ):
        stream.write(b"mXe", soon())
    stream.write(b"me%", soon())
    with pytest.raises(DeviceGoneError, match="the transcript ends after 2 records"):
        stream.read(100, soon())
    with pytest.raises(LinkError, match="but the transcript ends"):
        stream.write(b"x", soon())


def test_another_client_does_not_get_through() -> None:
    transcript, _ = recorded(FakeDevice().stream())
    stream = ReplayStream(transcript)
    session = Session(stream, Transcript(), first_seq=stream.first_seq)
    session.wait_ready(soon())
    session.hello(soon())
    with pytest.raises(LinkError, match="replay: record"):
        session.upload(Space.SLOT, os.urandom(len(_BLOB)), soon())
