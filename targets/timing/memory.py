"""What memory costs beyond a core's own cycles: the [memory_timing] table of a target, [unaligned] of a core.

Figures are rules (wait states, widths, lines), each with its source; plugin/memory.c applies them. What
is modelled for which part, and how well: docs/timing-memory.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, model_validator

from targets.record import ADDRESS_SPACE_BYTES, Count, Name, Record, Text
from targets.timing.core import Parameters

_REPLACEMENT = {"lru": 0, "round_robin": 1, "random": 2}
_RULES = {"parts": 1, "boundaries": 2, "each": 3}
_MOST_REGIONS = 16
_MOST_SECTORS = 32
_WORD_BYTES = 4

Cycles = Annotated[int, Field(ge=0, le=10000)]
Regions = Literal["code", "slot", "ram"]


def _power_of_two(*values: int) -> bool:
    return all(value & (value - 1) == 0 for value in values)


class Range(Protocol):
    """A range of addresses: a region of the target's memory."""

    @property
    def origin(self) -> int: ...  # noqa: D102

    @property
    def length(self) -> int: ...  # noqa: D102


class Unaligned(Record):
    """What a load or store costs more where its address is no multiple of its size.

    Attributes:
        rule: what is charged. "faults": nothing, the core has no such access. "parts": each naturally aligned
            part beyond the first (a word at address 1 is a byte, a halfword and a byte). "boundaries": each
            boundary of `boundary_bytes` that is crossed. "each": the access, whatever its address.
        load_cycles: of a load, per charge.
        store_cycles: of a store, per charge.
        assumed: what of this is not in the source.
    """

    rule: Literal["faults", "parts", "boundaries", "each"]
    boundary_bytes: int | None = Field(default=None, ge=_WORD_BYTES, le=64)
    load_cycles: Cycles = 0
    store_cycles: Cycles = 0
    source: Text
    assumed: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Unaligned:
        if (self.rule == "boundaries") != (self.boundary_bytes is not None):
            raise ValueError("boundary_bytes: goes with rule 'boundaries', and is needed there")
        if not _power_of_two(self.boundary_bytes or 0):
            raise ValueError("boundary_bytes: must be a power of two")
        if (self.rule == "faults") != (self.load_cycles == self.store_cycles == 0):
            raise ValueError(
                "load_cycles, store_cycles: none with rule 'faults', else at least one"
            )
        return self

    def parameters(self) -> Parameters:
        """The plugin's `memory.unaligned.*` keys."""
        if self.rule == "faults":
            return {}
        values = {"rule": _RULES[self.rule]}
        values |= {"load_cycles": self.load_cycles, "store_cycles": self.store_cycles}
        if self.boundary_bytes is not None:
            values["boundary"] = self.boundary_bytes
        return {f"memory.unaligned.{key}": value for key, value in values.items()}


class CacheTiming(Record):
    """A cache, or the lines that a flash accelerator keeps.

    Attributes:
        line_bytes: of one line. A miss fills as much of it as one read brings.
        sets: of `ways` lines each; 1 for a fully associative one.
        replacement: which line of a set goes.
        assumed: what of this is not in the source.
    """

    line_bytes: int = Field(ge=_WORD_BYTES, le=4096)
    sets: int = Field(ge=1, le=1 << 16)
    ways: int = Field(ge=1, le=1 << 16)
    replacement: Literal["lru", "round_robin", "random"]
    source: Text
    assumed: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> CacheTiming:
        if not _power_of_two(self.line_bytes, self.sets):
            raise ValueError("line_bytes, sets: must be powers of two")
        if self.sets * self.ways > 1 << 16:
            raise ValueError("ways: more than 65536 lines")
        return self


class SerialRead(Record):
    """A read from serial flash: clocks of the serial bus for one read, each `clock_divider` cycles of the core.

    Attributes:
        command_clocks: for command, address and mode bits.
        dummy_clocks: until the first data.
        lanes: bits per clock of the data.
    """

    command_clocks: int = Field(ge=0, le=64)
    dummy_clocks: int = Field(ge=0, le=64)
    lanes: Literal[1, 2, 4, 8]
    clock_divider: int = Field(ge=1, le=256)

    def cycles(self, read_bytes: int) -> int:
        """Cycles of the core for one read."""
        clocks = self.command_clocks + self.dummy_clocks + 8 * read_bytes // self.lanes
        return clocks * self.clock_divider


class RegionTiming(Record):
    """How a range of addresses answers.

    Attributes:
        memory: the region of the target's memory; or `origin` and `length`.
        offset: from its start on, in bytes; `length`: that many, by default to its end.
        read_bytes: that one read of the memory brings; the line of instruction fetches.
        wait_states: cycles of such a read beyond the one that a hit takes too.
        serial: instead of wait_states.
        bus_cycles: further cycles on the way there.
        prefetch: the next line is read while one runs.
        fetch_cache: that answers instruction fetches, by name.
        read_cache: that answers data accesses, by name; the same name for one that does both.
        store_allocates: a store that misses fills read_cache. Stores are buffered: they never wait.
        assumed: what of this is not in the source.
    """

    memory: Regions | None = None
    offset: int = Field(default=0, ge=0, lt=ADDRESS_SPACE_BYTES)
    origin: int | None = Field(default=None, ge=0, lt=ADDRESS_SPACE_BYTES)
    length: Count | None = None
    read_bytes: int = Field(ge=_WORD_BYTES, le=4096)
    wait_states: Cycles | None = None
    serial: SerialRead | None = None
    bus_cycles: Cycles = 0
    prefetch: bool = False
    fetch_cache: Name | None = None
    read_cache: Name | None = None
    store_allocates: bool = False
    source: Text
    assumed: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> RegionTiming:
        problems = []
        if (self.memory is None) == (self.origin is None):
            problems.append("give either memory, or origin and length")
        if self.origin is not None and (self.length is None or self.offset):
            problems.append("origin: goes with length, without offset")
        if (self.wait_states is None) == (self.serial is None):
            problems.append("give either wait_states or serial")
        if not _power_of_two(self.read_bytes):
            problems.append("read_bytes: must be a power of two")
        if self.store_allocates and self.read_cache is None:
            problems.append("store_allocates: there is no read_cache")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def wait(self) -> int:
        """Cycles that a read waits which no buffer answers."""
        if self.serial is not None:
            return self.serial.cycles(self.read_bytes) + self.bus_cycles
        return (self.wait_states or 0) + self.bus_cycles

    def place(self, memory: Mapping[str, Range]) -> tuple[int, int]:
        """First address and length in bytes, given the target's regions by name."""
        if self.memory is None:
            assert self.origin is not None and self.length is not None  # _consistent
            return self.origin, self.length
        region = memory[self.memory]
        length = region.length - self.offset if self.length is None else self.length
        return region.origin + self.offset, length

    def caches(self) -> Iterator[str]:
        """Names of the caches in front of it."""
        return (name for name in (self.fetch_cache, self.read_cache) if name is not None)


class MemoryTiming(Record):
    """Memory of a part: its caches by name, and regions, by ascending addresses. Nothing is charged elsewhere."""

    caches: dict[Name, CacheTiming] = Field(default_factory=dict, max_length=8)
    regions: Annotated[tuple[RegionTiming, ...], Field(min_length=1, max_length=_MOST_REGIONS)]

    @model_validator(mode="before")
    @classmethod
    def _tuples(cls, value: Any) -> Any:
        """TOML has lists where the record has tuples."""
        if isinstance(value, dict) and isinstance(value.get("regions"), list):
            return value | {"regions": tuple(value["regions"])}
        return value

    @model_validator(mode="after")
    def _caches_fit(self) -> MemoryTiming:
        problems = []
        widths: dict[str, int] = {}
        for number, region in enumerate(self.regions):
            for name in region.caches():
                cache = self.caches.get(name)
                if cache is None:
                    problems.append(f"regions.{number}: there is no caches.{name}")
                elif widths.setdefault(name, region.read_bytes) != region.read_bytes:
                    problems.append(f"regions.{number}.read_bytes: differs within caches.{name}")
                elif not 1 <= cache.line_bytes // region.read_bytes <= _MOST_SECTORS:
                    problems.append(
                        f"caches.{name}.line_bytes: must be 1 to {_MOST_SECTORS} times read_bytes"
                    )
        unused = sorted(self.caches.keys() - widths.keys())
        problems += [f"caches.{name}: no region has it" for name in unused]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def problems(self, memory: Mapping[str, Range]) -> list[str]:
        """What is wrong with the places, given the target's regions by name."""
        found = []
        places = [(number, *region.place(memory)) for number, region in enumerate(self.regions)]
        for number, origin, length in places:
            within = self.regions[number].memory
            bound = memory[within] if within else _Whole()
            if length <= 0 or origin + length > bound.origin + bound.length:
                found.append(f"memory_timing.regions.{number}: reaches beyond {within or 'memory'}")
        for (before, origin, length), (number, start, _) in itertools.pairwise(places):
            if start < origin + length:
                found.append(f"memory_timing.regions.{number}: not behind regions.{before}")
        return found

    def charges(self, origin: int, length: int, memory: Mapping[str, Range]) -> bool:
        """Whether an aligned access within these addresses may cost or change anything."""
        for region in self.regions:
            start, size = region.place(memory)
            overlaps = start < origin + length and origin < start + size
            if overlaps and (region.wait or region.store_allocates):
                return True
        return False

    def parameters(self, memory: Mapping[str, Range]) -> Parameters:
        """The plugin's `memory.region.*` and `memory.cache.*` keys, given the target's regions by name."""
        numbers = {name: number for number, name in enumerate(self.caches, start=1)}
        values = {"regions": len(self.regions), "caches": len(numbers)}
        for name, cache in self.caches.items():
            prefix = f"cache.{numbers[name]}"
            values[f"{prefix}.line"] = cache.line_bytes
            values[f"{prefix}.sets"] = cache.sets
            values[f"{prefix}.ways"] = cache.ways
            values[f"{prefix}.replacement"] = _REPLACEMENT[cache.replacement]
        for number, region in enumerate(self.regions):
            prefix = f"region.{number}"
            values[f"{prefix}.base"], values[f"{prefix}.bytes"] = region.place(memory)
            values[f"{prefix}.width"] = region.read_bytes
            values[f"{prefix}.fetch_wait"] = region.wait
            values[f"{prefix}.read_wait"] = region.wait
            values[f"{prefix}.prefetch"] = int(region.prefetch)
            values[f"{prefix}.store_allocates"] = int(region.store_allocates)
            values[f"{prefix}.fetch_cache"] = numbers.get(region.fetch_cache or "", 0)
            values[f"{prefix}.read_cache"] = numbers.get(region.read_cache or "", 0)
        return {f"memory.{key}": value for key, value in values.items()}


@dataclass(frozen=True)
class _Whole:
    """All addresses."""

    origin: int = 0
    length: int = ADDRESS_SPACE_BYTES


def memory_parameters(
    timing: MemoryTiming | None,
    memory: Mapping[str, Range],
    unaligned: Unaligned | None,
    stack_bytes: int,
) -> Parameters:
    """Return the plugin's `memory.*` keys.

    Args:
        timing: the target's; None where all its memory answers at once.
        memory: its regions by name.
        unaligned: the core's.
        stack_bytes: of the stack, which lies at the beginning of the RAM.
    """
    values: Parameters = {"memory.present": 1}
    stack = memory["ram"].origin
    free = timing is None or not timing.charges(stack, stack_bytes, memory)
    values["memory.stack_is_free"] = int(free)
    if timing is not None:
        values |= timing.parameters(memory)
    if unaligned is not None:
        values |= unaligned.parameters()
    return values
