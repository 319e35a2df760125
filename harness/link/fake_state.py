"""The part of the fake device that both languages share: memory, model, events, clock."""

from __future__ import annotations

from harness.link.fake_model import FakeModel, Loader, RefusedBlobError
from harness.link.messages import MAX_EVENTS, ErrorCode, LayerEvent, Space


class RefusedError(Exception):
    """A request that the fake device answers with ERROR."""

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(detail or code.meaning)


class FakeState:
    """Memory and model of a fake device. Sizes in bytes, `cycles` since the start."""

    def __init__(self, slot_bytes: int, loader: Loader, linked: FakeModel | None) -> None:
        self.slot = bytearray(slot_bytes)
        self.slot_writable = True
        self.model: FakeModel | None = None
        self.input = bytearray()
        self.output = bytearray()
        self.events = b""
        self.cycles = 0
        self.linked = linked
        self._loader = loader

    def restart(self) -> None:
        """Forget the model and what belongs to it; the slot keeps its content."""
        self.unload()
        self.cycles = 0

    def unload(self) -> None:
        """Have no model."""
        self.model = None
        self.input, self.output, self.events = bytearray(), bytearray(), b""

    def space(self, number: int) -> bytearray:
        """Return the memory of a space (a copy for events)."""
        if number == Space.SLOT:
            return self.slot
        if number == Space.EVENTS:
            return bytearray(self.events)
        if number not in (Space.INPUT, Space.OUTPUT):
            raise RefusedError(ErrorCode.OUT_OF_RANGE, "no such space")
        self.loaded()
        return self.input if number == Space.INPUT else self.output

    def piece(self, number: int, offset: int, length: int) -> bytes:
        """Return bytes of a space."""
        memory = self.space(number)
        if offset + length > len(memory):
            raise RefusedError(ErrorCode.OUT_OF_RANGE, "beyond the end of the space")
        return bytes(memory[offset : offset + length])

    def put(self, number: int, offset: int, data: bytes) -> None:
        """Write into a space; a model in the slot is unloaded when the slot changes."""
        self.piece(number, offset, len(data))
        writable = number == Space.INPUT or (number == Space.SLOT and self.slot_writable)
        if not writable:
            raise RefusedError(ErrorCode.NOT_WRITABLE)
        self.space(number)[offset : offset + len(data)] = data
        if number == Space.SLOT and self.model is not self.linked:
            self.unload()

    def load(self, length: int) -> FakeModel:
        """Load from the slot, or the linked model."""
        self.unload()
        if length == 0:
            if self.linked is None:
                raise RefusedError(ErrorCode.NO_MODEL, "no model is linked into this image")
            self.model = self.linked
        else:
            if length > len(self.slot):
                raise RefusedError(ErrorCode.OUT_OF_RANGE, "longer than the model slot")
            try:
                self.model = self._loader(bytes(self.slot[:length]))
            except RefusedBlobError as refusal:
                raise RefusedError(refusal.code, refusal.detail) from None
        self.input = bytearray(self.model.input_bytes)
        self.output = bytearray(self.model.output_bytes)
        return self.model

    def loaded(self) -> FakeModel:
        """Return the model, or refuse."""
        if self.model is None:
            raise RefusedError(ErrorCode.NO_MODEL)
        return self.model

    def infer(self, record: bool) -> int:
        """Run once and return the cycles it took."""
        model = self.loaded()
        self.output[:] = model.run(bytes(self.input))
        took = sum(model.op_cycles)
        if model.noise is not None:
            took += model.noise()
        self.cycles += took
        if record:
            events = [LayerEvent(op, cycles) for op, cycles in enumerate(model.op_cycles)]
            self.events = b"".join(event.pack() for event in events[-MAX_EVENTS:])
        return took
