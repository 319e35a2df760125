"""Questions and answers over a stream that may lose, damage or repeat bytes.

Recovery, in this order: an unanswered request is sent again with the same sequence number, each
time with more patience; then the link is resynchronised once (00, drain, HELLO) and everything
starts again; then LinkError. Resetting or reloading the device is the caller's decision.

An empty read means that the time given to it has passed: that, not the clock, ends a try, so that
a replayed transcript takes the same turns as the conversation it records.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.errors import (
    DeadlineExceededError,
    DeviceFaultError,
    DeviceRefusedError,
    LinkError,
)
from harness.link.fault_report import describe_fault
from harness.link.frames import Frame, FrameDecoder, Garbage, Item, TextLine, encode_frame
from harness.link.messages import (
    ANSWER,
    ErrorReply,
    FaultReport,
    HelloReply,
    Type,
    error_meaning,
)
from harness.link.pace import Pace, Sample
from harness.link.transcript import Transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

BOOT_LINE = "m-init-done"
"""What only a firmware that has just started says."""

_READ_BYTES = 4096
_MOST_PENDING = 200
_WIRE_BOUND = (Type.HELLO, Type.WRITE, Type.READ, Type.STATUS)
"""Requests whose answers take no longer than their bytes take on the wire."""
_QUIET_S = 0.05
_DRAIN_S = 1.0


@dataclass(frozen=True)
class Patience:
    """How long to wait for progress before each resend; one entry per sending, in seconds."""

    waits_s: tuple[float, ...] = (0.4, 0.8, 1.6, 3.2)


@dataclass
class Counters:
    """What went wrong and was mended, since the session began."""

    resent: int = 0
    resynchronised: int = 0
    stale: int = 0
    garbage: int = 0


@dataclass(frozen=True)
class Request:
    """A request without its sequence number.

    Attributes:
        answer_bytes: size of the answer, where its time on the wire matters.
        split: returns smaller requests that together do the same; None when there are none.
    """

    type: Type
    payload: bytes = b""
    answer_bytes: int = 0
    split: Callable[[], Sequence[Request]] | None = None


class _Waiting:
    """The requests that were not sent yet; `next` is the one whose turn it is, None at the end."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._parts: deque[Request] = deque()
        self._rest = iter(requests)
        self.next = next(self._rest, None)

    def take(self) -> Request:
        """Return the next one, and look for its successor."""
        taken = self.next
        assert taken is not None
        self.next = self._parts.popleft() if self._parts else next(self._rest, None)
        return taken

    def put_back(self, parts: Sequence[Request]) -> None:
        """Have `parts` be the next ones."""
        self._parts.extendleft([] if self.next is None else [self.next])
        self._parts.extendleft(reversed(parts))
        self.next = self._parts.popleft()


@dataclass(eq=False)
class _Pending:
    """A request on the wire; `first` and `last` number its sendings among all of them."""

    request: Request
    wire: bytes = b""
    in_flight: int = 0
    first_s: float = 0.0
    first: int = 0
    last: int = 0

    def sample(self) -> Sample:
        return Sample(time.monotonic() - self.first_s, self.in_flight)


class Exchange:
    """Asks requests and returns the payloads of their answers. Not thread safe."""

    def __init__(
        self,
        stream: Stream,
        transcript: Transcript,
        *,
        target: str,
        first_seq: int,
        bytes_per_s: float | None,
        patience: Patience,
    ) -> None:
        self.target = target
        self.core = ""
        self.phase = ""
        self.window = 0
        self.armed = False
        """Whether the device's boot banner is an error (set once the conversation has begun)."""
        self.counters = Counters()
        self._stream = stream
        self._transcript = transcript
        self._pace = Pace(bytes_per_s)
        self._patience = patience
        self._decoder = FrameDecoder()
        self._items: deque[Item] = deque()
        self._seq = first_seq - 1
        self._sendings = 0
        self._image_id: bytes | None = None

    def ask(self, request: Request, deadline: Deadline, patience: Patience | None = None) -> bytes:
        """Return the payload of the answer to one request. Raises as `ask_all`."""
        ((_, answer),) = self.ask_all([request], deadline, patience)
        return answer

    def ask_all(
        self,
        requests: Iterable[Request],
        deadline: Deadline,
        patience: Patience | None = None,
        *,
        may_resynchronise: bool = True,
    ) -> Iterator[tuple[Request, bytes]]:
        """Yield (request, payload of its answer) as answers arrive.

        As many requests are kept in flight as the device's window allows (at least one), so only
        such may be asked together as may be done in any order and twice. They are taken from the
        iterable when their turn comes. One that is lost is resent, or, where it can be split,
        replaced by its parts: on a bad line small frames get through more often.

        Raises:
            DeadlineExceededError: time is up.
            LinkError: no answer after the whole ladder, or the device restarted meanwhile.
            DeviceRefusedError: an ERROR frame answered one of them.
            DeviceFaultError: a FAULT frame came.
            DeviceGoneError: the stream is closed.
        """
        waits_s = (patience or self._patience).waits_s
        waiting = _Waiting(requests)
        pending: dict[int, _Pending] = {}
        silences = resynchronisations = 0
        limit_bytes = 0
        while waiting.next or pending:
            while waiting.next and self._fits(waiting.next, pending, limit_bytes):
                entry = _Pending(waiting.take())
                seq = self._next_seq(pending)
                entry.wire = encode_frame(Frame(entry.request.type, seq, entry.request.payload))
                pending[seq] = entry
                entry.in_flight = _in_flight(pending)
                entry.first_s = time.monotonic()
                entry.first = self._send_entry(entry, deadline)
            patience_s = waits_s[silences] + self._pace.patience_s(_in_flight(pending))
            answer = self._await_answer(pending, deadline.sooner(patience_s))
            if answer is not None:
                silences = resynchronisations = 0
                done = pending.pop(answer.seq)
                if done.request.type in _WIRE_BOUND:
                    sample, resent = done.sample(), done.last > done.first
                    self._pace.answered(answer.seq, answer.type, sample, resent)
                limit_bytes += 2 * len(done.wire)
                # The device answers in order: what was last sent before this one first was is lost.
                lost = [entry for entry in pending.values() if entry.last < done.first]
                yield done.request, answer.payload
            else:
                silences += 1
                self.check(deadline)
                if silences == len(waits_s):
                    if resynchronisations or not may_resynchronise:
                        raise self._given_up(silences)
                    self.counters.resynchronised += 1
                    self.resynchronise(deadline)
                    resynchronisations = 1
                    silences = 0
                limit_bytes = 0
                lost = list(pending.values())
            for seq, entry in [each for each in pending.items() if each[1] in lost]:
                self.counters.resent += 1
                if entry.request.split is None:
                    self._send_entry(entry, deadline)
                else:
                    del pending[seq]
                    waiting.put_back(entry.request.split())

    def resynchronise(self, deadline: Deadline) -> HelloReply:
        """End whatever either side was receiving, drop what is under way, and say HELLO.

        Raises as `ask_all`; LinkError also when another image answers than before.
        """
        self.send(b"\x00", deadline)
        self._drain(deadline)
        answers = list(self.ask_all([Request(Type.HELLO)], deadline, may_resynchronise=False))
        hello = HelloReply.unpack(answers[0][1])
        if self._image_id not in (None, hello.image_id):
            raise LinkError("another image answers than before", target=self.target)
        self._image_id = hello.image_id
        self.window = hello.window
        self.core = hello.core
        return hello

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send raw bytes."""
        self._transcript.sent(data)
        self._stream.write(data, deadline)

    def send_once(self, request: Request, deadline: Deadline) -> None:
        """Send a request and leave it at that."""
        self.send(encode_frame(Frame(request.type, self._next_seq({}), request.payload)), deadline)

    def next_item(self, deadline: Deadline) -> Item | None:
        """Return the next frame, line or garbage; None when time passes without one.

        Raises:
            DeviceFaultError: it is a FAULT frame.
            LinkError: it is the boot banner, in the middle of a conversation.
            DeviceGoneError: the stream is closed.
        """
        while not self._items:
            data = self._stream.read(_READ_BYTES, deadline)
            if not data:
                return None
            self._transcript.received(data)
            self._items.extend(self._decoder.feed(data))
            if deadline.expired() and not self._items:
                return None
        item = self._items.popleft()
        if isinstance(item, Frame) and item.type == Type.FAULT and item.seq == 0:
            raise self._fault(item)
        if isinstance(item, TextLine) and item.text == BOOT_LINE and self.armed:
            raise LinkError(
                "the device restarted in the middle of the conversation",
                target=self.target,
                phase=self.phase,
                detail=self._transcript.tail(),
            )
        if isinstance(item, Garbage):
            self.counters.garbage += 1
        return item

    def _await_answer(self, pending: dict[int, _Pending], deadline: Deadline) -> Frame | None:
        """Return the next answer to something pending; None on silence."""
        while True:
            item = self.next_item(deadline)
            if item is None:
                return None
            if isinstance(item, Frame):
                entry = pending.get(item.seq)
                if entry is not None and item.type == entry.request.type | ANSWER:
                    return item
                if entry is not None and item.type == Type.ERROR:
                    self._refusal(entry.request, ErrorReply.unpack(item.payload))
                self._pace.answered_again(item.seq, item.type)
                self.counters.stale += 1
            if deadline.expired() and not self._items:
                return None

    def _send_entry(self, entry: _Pending, deadline: Deadline) -> int:
        """Send a request; return the number of this sending."""
        self._sendings += 1
        entry.last = self._sendings
        self.send(entry.wire, deadline)
        return entry.last

    def _given_up(self, tries: int) -> LinkError:
        return LinkError(
            f"no valid answer after {tries} tries",
            target=self.target,
            phase=self.phase,
            detail=self._transcript.tail(),
        )

    def _refusal(self, request: Request, error: ErrorReply) -> None:
        """Raise DeviceRefusedError, unless the ERROR is about another request."""
        if error.request != request.type:
            return
        detail = f" ({error.text})" if error.text else ""
        raise DeviceRefusedError(
            f"{request.type.name} refused: {error_meaning(error.code)}{detail}",
            code=error.code,
            target=self.target,
            phase=self.phase,
        )

    def _fault(self, frame: Frame) -> DeviceFaultError:
        report = FaultReport.unpack(frame.payload)
        return DeviceFaultError(
            f"processor fault: {describe_fault(report, self.core)}",
            registers=report.registers(),
            target=self.target,
            phase=self.phase,
            detail=self._transcript.tail(),
        )

    def _drain(self, deadline: Deadline) -> None:
        """Read until the device is quiet; a babbling one is given up on after a while."""
        self._items.clear()
        limit = deadline.sooner(_DRAIN_S)
        while self.next_item(limit.sooner(_QUIET_S)) is not None and not limit.expired():
            pass
        self._items.clear()
        self._decoder.reset()

    def check(self, deadline: Deadline) -> None:
        """Raise DeadlineExceededError, with the transcript's tail, when time is up."""
        if deadline.expired():
            raise DeadlineExceededError(
                f"no valid answer within {deadline.limit_s:g} s",
                target=self.target,
                phase=self.phase,
                detail=self._transcript.tail(),
            )

    def _fits(self, request: Request, pending: dict[int, _Pending], limit_bytes: int) -> bool:
        """Whether one more request stays within the device's window and what it is trusted with."""
        if not pending:
            return True
        wire = len(encode_frame(Frame(request.type, 0, request.payload)))
        in_flight = sum(len(entry.wire) for entry in pending.values())
        return len(pending) < _MOST_PENDING and in_flight + wire <= min(self.window, limit_bytes)

    def _next_seq(self, pending: dict[int, _Pending]) -> int:
        self._seq = self._seq % 255 + 1
        while self._seq in pending:
            self._seq = self._seq % 255 + 1
        return self._seq


def _in_flight(pending: dict[int, _Pending]) -> int:
    """Return the wire bytes that the answers to all of these take, in both directions."""
    return sum(len(entry.wire) + entry.request.answer_bytes for entry in pending.values())
