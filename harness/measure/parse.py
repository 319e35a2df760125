"""From a transcript to figures. A pure function: the same transcript gives the same figures for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.errors import LinkError
from harness.link import messages
from harness.link.frames import Frame, FrameDecoder
from harness.link.transcript import Chunk, Direction, Marker, RecordedTranscript


@dataclass(frozen=True)
class Figures:
    """What a device said, figures only.

    Attributes:
        outputs: per checked input, the whole output space.
        warmup: inferences before the timed ones.
        cycles: of each timed inference.
        layers: events of the profiled inference, in order of execution.
        stack_bytes: high-water mark.
        arena_bytes: working memory, as the engine said when the model was loaded.
        persistent_bytes: of these, what keeps its content between inferences.
    """

    outputs: tuple[bytes, ...]
    warmup: int
    cycles: tuple[int, ...]
    layers: tuple[messages.LayerEvent, ...]
    stack_bytes: int
    arena_bytes: int
    persistent_bytes: int


@dataclass(frozen=True)
class _Exchange:
    """A request and its first valid answer."""

    phase: Marker
    type: int
    request: bytes
    answer: bytes


def parse_figures(transcript: RecordedTranscript) -> Figures:
    """Return the figures of a complete conversation (harness/measure/conversation.py lists its phases).

    Raises:
        LinkError: something that belongs to a complete conversation is missing or malformed.
    """
    if not any(isinstance(r, Marker) and r.phase == "end" for r in transcript.records):
        raise LinkError(
            "the transcript ends before the measurement did", target=transcript.header.target
        )
    exchanges = list(_exchanges(transcript.records))
    loads = [exchange for exchange in exchanges if exchange.type == messages.Type.LOAD]
    if not loads:
        raise LinkError("no model was loaded", target=transcript.header.target)
    load = messages.LoadReply.unpack(loads[-1].answer)
    final = _final_markers(transcript.records)
    exchanges = [exchange for exchange in exchanges if any(exchange.phase is m for m in final)]
    latency = _only(exchanges, "latency", messages.Type.RUN)
    profile = _only(exchanges, "profile", messages.Type.RUN)
    status = _only(exchanges, "status", messages.Type.STATUS)
    events = messages.unpack_events(_space(_of(exchanges, "profile"), messages.Space.EVENTS))
    profiled = messages.RunReply.unpack(profile.answer)
    if profiled.dropped:
        raise LinkError("the device's event ring overflowed: more layers than it holds")
    if len(events) != profiled.events:
        raise LinkError(f"{len(events)} of {profiled.events} layer events were read")
    return Figures(
        outputs=tuple(_checked_outputs(final, exchanges, load.output_bytes)),
        warmup=int(latency.phase.data["warmup"]),
        cycles=messages.RunReply.unpack(latency.answer).cycles,
        layers=tuple(events),
        stack_bytes=messages.StatusReply.unpack(status.answer).stack_used,
        arena_bytes=load.arena_bytes,
        persistent_bytes=load.persistent_bytes,
    )


def _final_markers(records: Iterable[Chunk | Marker]) -> list[Marker]:
    """The last marker of every name and index: what was interrupted and done anew counts once."""
    last: dict[tuple[str, object], Marker] = {}
    for record in records:
        if isinstance(record, Marker):
            last[record.phase, record.data.get("index")] = record
    return list(last.values())


def _checked_outputs(
    markers: Iterable[Marker], exchanges: Sequence[_Exchange], output_bytes: int
) -> Iterator[bytes]:
    """Outputs of the "check" phases, in their order."""
    for marker in markers:
        if marker.phase == "check":
            own = [exchange for exchange in exchanges if exchange.phase is marker]
            outputs = _space(own, messages.Space.OUTPUT)
            if len(outputs) != output_bytes:
                raise LinkError(
                    f"{len(outputs)} of {output_bytes} bytes of output {marker.data['index']} were read"
                )
            yield outputs


def _exchanges(records: Iterable[Chunk | Marker]) -> Iterator[_Exchange]:
    """Pair requests with answers; resent requests and repeated answers count once."""
    sent, received = FrameDecoder(text_end=b"%"), FrameDecoder()
    open_requests: dict[int, tuple[Marker, Frame]] = {}
    phase = Marker(0.0, 0.0, "start", {})
    for record in records:
        if isinstance(record, Marker):
            phase = record
            if phase.phase == "recover":
                open_requests.clear()  # whatever comes yet is no answer to these
        elif record.direction is Direction.SENT:
            for item in sent.feed(record.data):
                if isinstance(item, Frame):
                    open_requests[item.seq] = (phase, item)
        else:
            for item in received.feed(record.data):
                if not isinstance(item, Frame):
                    continue
                asked = open_requests.get(item.seq)
                if asked is not None and item.type == asked[1].type | messages.ANSWER:
                    del open_requests[item.seq]
                    yield _Exchange(asked[0], asked[1].type, asked[1].payload, item.payload)


def _of(exchanges: Iterable[_Exchange], phase: str) -> list[_Exchange]:
    return [exchange for exchange in exchanges if exchange.phase.phase == phase]


def _only(exchanges: Iterable[_Exchange], phase: str, kind: messages.Type) -> _Exchange:
    found = [exchange for exchange in _of(exchanges, phase) if exchange.type == kind]
    if len(found) != 1:
        raise LinkError(f"{len(found)} answers to {kind.name} in phase '{phase}', expected one")
    return found[0]


def _space(exchanges: Iterable[_Exchange], space: messages.Space) -> bytes:
    """The bytes that were read from one space, put together by offset."""
    data = bytearray()
    pieces = {}
    for exchange in exchanges:
        if exchange.type == messages.Type.READ:
            reply = messages.ReadReply.unpack(exchange.answer)
            if reply.space == space:
                pieces[reply.offset] = reply.data
    for offset in sorted(pieces):
        if offset != len(data):
            raise LinkError(f"bytes {len(data)} to {offset} of space {space.name} were never read")
        data += pieces[offset]
    return bytes(data)
