"""The memory model: figures derived by hand from the rules, and what holds for any run of code or data."""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.catalogue import load_catalogue
from targets.timing.memory import memory_parameters
from tests.timing.memory_model import MemoryModel, build_library, model_of
from tests.timing.memory_streams import STREAMS

RAM = 0x20000000
L4_WAIT = 5


@pytest.fixture(scope="session")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return build_library(tmp_path_factory.mktemp("memory"))


@pytest.fixture
def part(lib: ctypes.CDLL, tmp_path: Path) -> Callable[..., MemoryModel]:
    """Makes the model of a target of the catalogue, with keys replaced."""

    def make(name: str, **changes: int) -> MemoryModel:
        target = load_catalogue().target(name)
        values = memory_parameters(
            target.memory_timing, target.memory.named(), target.core.unaligned, target.stack_bytes
        )
        changed = {f"memory.{key.replace('__', '.')}": value for key, value in changes.items()}
        return MemoryModel(lib, tmp_path, values | changed)

    return make


def stream(lib: ctypes.CDLL, folder: Path, name: str, what: str) -> float:
    target = load_catalogue().target(name)
    return STREAMS[what](target, model_of(lib, folder, target))


# --- Streams of loads: issue 4's acceptance -----------------------------------------------------


@pytest.mark.parametrize("what", ["words", "2 rows", "4 rows", "2 rows, RAM"])
def test_weights_streamed_once_on_the_l4r5(lib: ctypes.CDLL, tmp_path: Path, what: str) -> None:
    """64 bits per read in dual bank mode, 5 wait states: every second word waits 5, 2.5 per load.

    Silicon: 2.82 to 3.28 (MLPerf Tiny v1.1, Skymizer's mbed builds); the issue asks for 3 +- 0.5.
    """
    per_load = stream(lib, tmp_path, "qemu-nucleo-l4r5zi", what)
    assert per_load == pytest.approx(L4_WAIT * 4 / 8, abs=0.01)
    assert 2.5 <= per_load <= 3.5


@pytest.mark.parametrize("what", STREAMS)
def test_memory_without_wait_states_costs_nothing(
    lib: ctypes.CDLL, tmp_path: Path, what: str
) -> None:
    assert stream(lib, tmp_path, "qemu-cortex-m4", what) == 0


@pytest.mark.parametrize(
    ("name", "what", "stall"),
    [
        ("qemu-nucleo-l4r5zi", "halfwords", 5 * 2 / 8),
        ("qemu-nucleo-l4r5zi", "bytes", 5 / 8),
        ("qemu-nucleo-l4r5zi", "stride 32", 5),
        ("qemu-nucleo-l4r5zi", "table", 0),  # 256 bytes: just what 8 rows hold
        ("qemu-stm32f446re", "words", 5 * 4 / 16),
        ("qemu-stm32f446re", "table", 5 * 4 / 16),  # 8 lines of 16 bytes hold half of it
        ("qemu-stm32f746zg", "words", (7 + 4) * 4 / 32),
        ("qemu-stm32f746zg", "table", 0),
        ("qemu-nrf52840", "table", 2),  # the cache is for code only
        ("qemu-rp2040", "words", (8 + 4 + 32 / 4) * 2),
        ("qemu-rp2040", "table", 0),
    ],
)
def test_streams_by_hand(
    lib: ctypes.CDLL, tmp_path: Path, name: str, what: str, stall: float
) -> None:
    assert stream(lib, tmp_path, name, what) == pytest.approx(stall, abs=0.01)


def test_single_bank_mode_halves_the_charge(part: Callable[..., MemoryModel]) -> None:
    """DBANK = 0: 128 bits per read. MLPerf's ST rows of v1.1 ran so, Skymizer's do not say."""
    wide = part("qemu-nucleo-l4r5zi", region__0__width=16, region__1__width=16)
    assert wide.loads(range(0, 1 << 16, 4)) == pytest.approx(1.25)


def test_more_rows_than_the_data_cache_has_lines(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-nucleo-l4r5zi")
    for rows, stall in ((8, 2.5), (9, 5)):
        model.reset()
        addresses = [row * 4096 + word * 4 for word in range(128) for row in range(rows)]
        assert model.loads(addresses) == pytest.approx(stall)


def test_regions_of_one_part_differ(part: Callable[..., MemoryModel]) -> None:
    """STM32F746: 64 KiB of DTCM, then SRAM behind the data cache."""
    model = part("qemu-stm32f746zg")
    assert [model.access(RAM), model.access(RAM + (64 << 10) - 4)] == [0, 0]
    assert [model.access(RAM + (64 << 10)), model.access(RAM + (64 << 10) + 28)] == [4, 0]
    assert model.access(RAM + (320 << 10)) == 0  # nothing there: not charged


def test_stores_do_not_wait_but_may_fill_the_cache(part: Callable[..., MemoryModel]) -> None:
    f7, l4 = part("qemu-stm32f746zg"), part("qemu-nucleo-l4r5zi")
    assert f7.access(RAM + 0x10000, store=True) == 0
    assert f7.access(RAM + 0x10004) == 0  # write-allocate
    assert [l4.access(0, store=True), l4.access(0)] == [0, L4_WAIT]


# --- Unaligned accesses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        # (bytes, address) -> cycles; parts: byte + half + byte, half + half, byte + byte
        ("qemu-cortex-m4", {(4, 1): 2, (4, 2): 1, (4, 3): 2, (2, 1): 1, (2, 3): 1, (4, 4): 0}),
        ("qemu-cortex-m33", {(4, 1): 2, (4, 2): 1, (2, 1): 1, (2, 2): 0, (1, 3): 0}),
        ("qemu-cortex-m7", {(4, 1): 3, (4, 2): 3, (4, 6): 3, (2, 1): 3, (8, 4): 0, (4, 8): 0}),
        (
            "qemu-cortex-m55",  # 16 bytes: three pairs of words instead of two, unless aligned to 4
            {
                (16, 1): 1,
                (16, 4): 0,
                (16, 7): 1,
                (16, 8): 0,
                (8, 1): 1,
                (4, 3): 0,
                (4, 5): 1,
                (8, 4): 0,
            },
        ),
        ("qemu-riscv32", {(4, 1): 1, (4, 2): 1, (2, 1): 0, (2, 3): 1, (4, 4): 0}),
        ("qemu-cortex-m0", {(4, 1): 0, (2, 1): 0}),  # would fault
    ],
)
def test_unaligned_loads(
    part: Callable[..., MemoryModel], name: str, extra: dict[tuple[int, int], int]
) -> None:
    model = part(name)
    assert {key: model.access(RAM + key[1], key[0]) for key in extra} == extra


def test_unaligned_stores_are_charged_as_the_core_says(part: Callable[..., MemoryModel]) -> None:
    assert part("qemu-cortex-m4").access(RAM + 1, store=True) == 0
    assert part("qemu-cortex-m7").access(RAM + 1, store=True) == 0


def test_an_unaligned_load_reads_both_of_the_lines_it_touches(
    part: Callable[..., MemoryModel],
) -> None:
    model = part("qemu-nucleo-l4r5zi")
    assert model.access(6) == 2 * L4_WAIT + 1
    assert model.access(6) == 1
    assert model.access(0x104, 8) == 2 * L4_WAIT  # a double word on a word boundary is no fault


# --- Fetches ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cycles_per_line", "per_line"), [(1, 5), (2, 4), (4, 2), (6, 0), (9, 0)])
def test_straight_code_with_prefetch(
    part: Callable[..., MemoryModel], cycles_per_line: int, per_line: int
) -> None:
    """A read takes 6 cycles and begins when the line before runs: 6 less what that line takes."""
    model = part("qemu-nucleo-l4r5zi")
    assert model.run(0, 800, cycles_per_line) == L4_WAIT + 99 * per_line


def test_straight_code_without_prefetch(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-nucleo-l4r5zi", region__0__prefetch=0)
    assert model.run(0, 800, 4) == 100 * L4_WAIT


def test_a_loop_stays_in_the_instruction_cache_until_it_is_too_large(
    part: Callable[..., MemoryModel],
) -> None:
    model = part("qemu-nucleo-l4r5zi")
    for size, again in ((1024, 0), (1024 + 32, L4_WAIT + 131 * 2)):
        model.reset()
        model.run(0, size, 4)
        assert model.run(0, size, 4) == again


def test_a_short_jump_forward_finds_the_prefetched_line(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-nucleo-l4r5zi")
    assert model.fetch([(0, 4, 4)]) == L4_WAIT
    assert model.fetch([(8, 4, 1)]) == 2  # 4 of 6 cycles are over
    assert model.fetch([(0x100, 4, 1)]) == L4_WAIT


def test_caches_are_cold_after_a_reset(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-stm32f767zi")
    cold = [model.access(0), model.fetch([(0, 32, 8)])]
    assert cold == [11, 11] and [model.access(0), model.fetch([(0, 32, 8)])] == [0, 0]
    model.reset()
    assert [model.access(0), model.fetch([(0, 32, 8)])] == cold


def test_code_and_data_share_the_cache_of_the_rp2040(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-rp2040")
    assert [model.fetch([(0, 4, 2)]), model.access(0), model.access(4)] == [40, 0, 40]


def test_the_fetch_line_is_the_narrowest(part: Callable[..., MemoryModel]) -> None:
    widths = {"qemu-nucleo-l4r5zi": 8, "qemu-stm32f446re": 16, "qemu-stm32f767zi": 32}
    assert {name: part(name).fetch_line for name in widths} == widths
    assert part("qemu-cortex-m4").fetch_line == 4096


Insn = tuple[int, int, int]


def _pieces(insns: list[Insn], line: int) -> list[tuple[int, int, int]]:
    """As the plugin cuts them: by lines, an instruction's cycles where it begins."""
    pieces: list[list[int]] = []
    for address, size, cycles in insns:
        for at in range(address, address + size, 2):
            if not pieces or pieces[-1][0] // line != at // line:
                pieces.append([at, 0, 0])
            pieces[-1][1] += 2
            pieces[-1][2] += cycles if at == address else 0
    return [(a, b, c) for a, b, c in pieces]


@st.composite
def _runs(draw: st.DrawFn) -> list[list[Insn]]:
    """Runs of consecutive instructions: (address, bytes, cycles)."""
    runs = []
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, 400)) * 2
        run = []
        for size, cycles in draw(
            st.lists(st.tuples(st.sampled_from([2, 4]), st.integers(0, 7)), min_size=1, max_size=40)
        ):
            run.append((at, size, cycles))
            at += size
        runs.append(run)
    return runs


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["qemu-nucleo-l4r5zi", "qemu-stm32f446re", "qemu-stm32f746zg", "qemu-rp2040"]),
    _runs(),
    st.data(),
)
def test_however_a_run_is_cut_the_sum_is_the_same(
    lib: ctypes.CDLL, tmp_path_factory: pytest.TempPathFactory, name: str, runs: list, data
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole, cut = (model_of(lib, folder, load_catalogue().target(name)) for _ in range(2))
    line = whole.fetch_line
    for run in runs:
        ends = data.draw(st.sets(st.integers(1, len(run)), max_size=6).map(sorted))
        parts = [run[a:b] for a, b in zip([0, *ends], [*ends, len(run)], strict=True) if a < b]
        charged = [cut.fetch(_pieces(p, line)) for p in parts]
        assert whole.fetch(_pieces(run, line)) == sum(charged)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(
        [
            "qemu-cortex-m4",
            "qemu-nrf52840",
            "qemu-nucleo-l4r5zi",
            "qemu-rp2040",
            "qemu-stm32f446re",
            "qemu-stm32f746zg",
        ]
    ),
    sets=st.sampled_from([1, 2]),
    ways=st.integers(1, 5),
    replacement=st.integers(0, 2),
    runs=_runs(),
    order=st.lists(
        st.tuples(
            st.integers(0, 8),
            st.integers(0, 2000).flatmap(lambda a: st.sampled_from([a, RAM + (64 << 10) - 64 + a])),
            st.sampled_from([1, 2, 4]),
            st.booleans(),
        ),
        max_size=150,
    ),
)
def test_the_quick_ways_charge_what_the_plain_ones_do(
    lib: ctypes.CDLL,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    sets: int,
    ways: int,
    replacement: int,
    runs: list[list[Insn]],
    order: list[tuple[int, int, int, bool]],
) -> None:
    """Blocks and data accesses in any order, with caches so small that lines leave; now and then a reset."""
    folder = tmp_path_factory.getbasetemp()
    target = load_catalogue().target(name)
    values = memory_parameters(
        target.memory_timing, target.memory.named(), target.core.unaligned, target.stack_bytes
    )
    for i in range(1, values.get("memory.caches", 0) + 1):
        values |= {f"memory.cache.{i}.sets": sets, f"memory.cache.{i}.ways": ways}
        values[f"memory.cache.{i}.replacement"] = replacement
    quick, plain = (MemoryModel(lib, folder, values) for _ in range(2))
    blocks = [_pieces(run, plain.fetch_line) for run in runs]
    again = [quick.block(pieces) for pieces in blocks]
    for which, address, size, store in order:
        if which < len(blocks):
            assert again[which]() == plain.fetch(blocks[which])
        elif which == 8 and address % 8 == 0:
            quick.reset()
            plain.reset()
        else:
            assert quick.quick_access(address, size, store) == plain.access(address, size, store)


def test_loads_that_answer_at_once_are_no_use_of_a_cache(lib: ctypes.CDLL, tmp_path: Path) -> None:
    """A store brings the line of `fast`, whose loads do not wait and leave it the oldest one: it makes way first."""
    slow, fast = [0, 32, 64], 4096
    values = {
        "memory.present": 1,
        "memory.regions": 2,
        "memory.caches": 1,
        "memory.cache.1.line": 32,
        "memory.cache.1.sets": 1,
        "memory.cache.1.ways": 3,
    }
    for region, base, wait in (0, 0, 5), (1, fast, 0):
        values |= {
            f"memory.region.{region}.base": base,
            f"memory.region.{region}.bytes": 4096,
            f"memory.region.{region}.width": 8,
            f"memory.region.{region}.read_wait": wait,
            f"memory.region.{region}.read_cache": 1,
            f"memory.region.{region}.store_allocates": 1,
        }
    model = MemoryModel(lib, tmp_path, values)
    for access in (model.access, model.quick_access):
        model.reset()
        access(fast, 4, True)
        assert [access(address) for address in slow[:2]] == [5, 5]
        assert access(fast) == 0
        assert [access(address) for address in [slow[2], *slow]] == [5, 0, 0, 0]


# --- Caches against an obvious model ------------------------------------------------------------


class ObviousCache:
    """Sets of lines in the order of their last use, each with the sectors it has."""

    def __init__(self, line: int, sector: int, sets: int, ways: int, lru: bool) -> None:
        self.line, self.sector, self.ways, self.lru = line, sector, ways, lru
        self.sets: list[OrderedDict[int, set[int]]] = [OrderedDict() for _ in range(sets)]

    def hit(self, address: int) -> bool:
        number, sector = address // self.line, address % self.line // self.sector
        lines = self.sets[number % len(self.sets)]
        if number not in lines:
            if len(lines) == self.ways:
                lines.popitem(last=False)
            lines[number] = set()
        elif self.lru:
            lines.move_to_end(number)
        held = sector in lines[number]
        lines[number].add(sector)
        return held


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.tuples(st.integers(2, 4), st.integers(0, 3), st.integers(0, 3)),
    ways=st.integers(1, 9),
    lru=st.booleans(),
    addresses=st.lists(st.integers(0, 1023), max_size=400),
)
def test_caches_hold_what_the_obvious_model_holds(
    lib: ctypes.CDLL,
    tmp_path_factory: pytest.TempPathFactory,
    sizes: tuple[int, int, int],
    ways: int,
    lru: bool,
    addresses: list[int],
) -> None:
    width, line, sets = 1 << sizes[0], 1 << (sizes[0] + sizes[1]), 1 << sizes[2]
    values = {"regions": 1, "caches": 1, "region.0.base": 0, "region.0.bytes": 1024}
    values |= {"region.0.width": width, "region.0.read_wait": 1, "region.0.read_cache": 1}
    values |= {"cache.1.line": line, "cache.1.sets": sets, "cache.1.ways": ways}
    values["cache.1.replacement"] = 0 if lru else 1
    model = MemoryModel(
        lib, tmp_path_factory.getbasetemp(), {f"memory.{k}": v for k, v in values.items()}
    )
    obvious = ObviousCache(line, width, sets, ways, lru)
    for address in addresses:
        assert model.access(address, 1) == (not obvious.hit(address))


def test_random_replacement_is_the_same_in_every_run(part: Callable[..., MemoryModel]) -> None:
    model = part("qemu-stm32f746zg")
    addresses = [(i * 7919 % 4096) * 8 for i in range(4000)]
    first = [model.access(a) for a in addresses]
    model.reset()
    assert first == [model.access(a) for a in addresses]
    assert 0 < sum(first) < 11 * len(first)


# --- Parameters ---------------------------------------------------------------------------------

GOOD = {
    "memory.regions": 1,
    "memory.caches": 1,
    "memory.region.0.base": 0,
    "memory.region.0.bytes": 4096,
    "memory.region.0.width": 8,
    "memory.region.0.read_cache": 1,
    "memory.cache.1.line": 32,
    "memory.cache.1.sets": 1,
    "memory.cache.1.ways": 8,
}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("regions", 17, "memory.regions: 17, must be 0 to 16"),
        ("region.0.width", None, "memory.region.0.width is missing"),
        ("region.0.width", 24, "memory.region.0.width: 24, must be a power of two"),
        ("region.0.width", 2, "memory.region.0.width: 2, must be 4 to 4096"),
        ("region.0.bytes", 0, "memory.region.0.bytes: 0, must be 1 to 4294967295"),
        ("region.0.base", 0xFFFFFFF0, "memory.region.0.bytes: reaches past the address space"),
        ("region.0.read_wait", 10001, "memory.region.0.read_wait: 10001, must be 0 to 10000"),
        ("region.0.read_cache", 2, "memory.region.0.read_cache: 2, must be 0 to 1"),
        ("region.0.read_cache", 0, "memory.cache.1: no region has it"),
        ("cache.1.line", 4, "memory.cache.1.line: 4, must be 1 to 32 times the regions' width"),
        ("cache.1.ways", 1 << 16, None),
        ("cache.1.sets", 1 << 16, "memory.cache.1: more than 65536 lines"),
        ("cache.1.replacement", 3, "memory.cache.1.replacement: 3, must be 0 to 2"),
        ("unaligned.rule", 4, "memory.unaligned.rule: 4, must be 0 to 3"),
        ("unaligned.rule", 2, "memory.unaligned.boundary: 0, must be a power of two from 4 on"),
        ("regions", 2, "memory.region.1.base is missing"),
        ("region.7.base", 0, "unknown memory.region.7.base"),
    ],
)
def test_wrong_parameters_are_refused(
    lib: ctypes.CDLL, tmp_path: Path, key: str, value: int | None, said: str | None
) -> None:
    values = {**GOOD, f"memory.{key}": value}
    given_values = {k: v for k, v in values.items() if v is not None}
    if said is None:
        MemoryModel(lib, tmp_path, given_values)
    else:
        with pytest.raises(ValueError, match=f"^{said}"):
            MemoryModel(lib, tmp_path, given_values)


def test_regions_must_ascend_and_share_widths_with_their_cache(
    lib: ctypes.CDLL, tmp_path: Path
) -> None:
    second = {"memory.regions": 2, "memory.region.1.bytes": 64, "memory.region.1.read_cache": 1}
    low = GOOD | second | {"memory.region.1.base": 4095, "memory.region.1.width": 8}
    with pytest.raises(ValueError, match=r"memory.region.1.base: not behind region 0"):
        MemoryModel(lib, tmp_path, low)
    wide = GOOD | second | {"memory.region.1.base": 4096, "memory.region.1.width": 16}
    with pytest.raises(ValueError, match=r"memory.region.1.width: differs"):
        MemoryModel(lib, tmp_path, wide)


def test_regions_at_the_ends_of_the_address_space(lib: ctypes.CDLL, tmp_path: Path) -> None:
    places = [(0, 4), (0x000FFFFC, 8), (0x00100004, 4), (0xFFFFFFFC, 4)]
    values = {"memory.regions": len(places)}
    for i, (base, size) in enumerate(places):
        prefix = f"memory.region.{i}"
        values |= {f"{prefix}.base": base, f"{prefix}.bytes": size, f"{prefix}.width": 4}
        values[f"{prefix}.read_wait"] = i + 1
    model = MemoryModel(lib, tmp_path, values)
    probed = [0, 4, 0xFFFF8, 0xFFFFC, 0x100000, 0x100004, 0x100008, 0xFFFFFFF8, 0xFFFFFFFC]
    assert [model.access(a) for a in probed] == [1, 0, 0, 2, 2, 3, 0, 0, 4]
