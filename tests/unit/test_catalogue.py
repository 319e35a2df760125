"""The catalogue: what is shipped is right; what is wrong in a user's file is all said at once."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import targets
from targets.catalogue import Catalogue, load_catalogue
from targets.errors import CatalogueError, UnknownTargetError
from targets.schema import Region, Target

SHIPPED = (
    "native",
    "qemu-cortex-m0",
    "qemu-cortex-m0plus",
    "qemu-cortex-m3",
    "qemu-cortex-m33",
    "qemu-cortex-m4",
    "qemu-cortex-m55",
    "qemu-cortex-m7",
    "qemu-nrf52840",
    "qemu-nucleo-l4r5zi",
    "qemu-riscv32",
    "qemu-rp2040",
    "qemu-stm32f405",
    "qemu-stm32f446re",
    "qemu-stm32f746zg",
    "qemu-stm32f767zi",
    "tflm-host",
)
FOLDER = Path(targets.__file__).parent / "catalog"
M4_FILE = FOLDER / "qemu-cortex-m4.toml"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYHIL_TARGETS", raising=False)


def catalogue_with(folder: Path, text: str, name: str = "mine") -> Catalogue:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(
        text.replace('name = "qemu-cortex-m4"', f'name = "{name}"')
    )
    return load_catalogue([folder])


def problems_of(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        catalogue_with(folder, text).target("mine")
    return caught.value.problems


def m4_with(*changes: tuple[str, str]) -> str:
    """The Cortex-M4 file with lines replaced; each old line must be there exactly once."""
    text = M4_FILE.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_all_shipped_targets_load() -> None:
    catalogue = load_catalogue()
    assert catalogue.names() == SHIPPED
    assert [entry.error for entry in catalogue.entries()] == [None] * len(SHIPPED)
    assert [e.target.name for e in catalogue.entries() if e.target] == list(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_target_is_complete(name: str) -> None:
    target = load_catalogue().target(name)
    assert (target.power is None) == (target.active_mw() is None)
    assert target.power or target.power_note
    assert target.timing.model
    if target.kind == "emulator":
        regions = [(r.origin, r.origin + r.length) for r in target.memory.named().values()]
        for i, (a, b) in enumerate(regions):
            assert all(d <= a or b <= c for c, d in regions[:i])


def test_power_scales_the_cited_figure_with_the_clock() -> None:
    # 187.8 uA/MHz x 1.8 V x 25 MHz (MLPerf Tiny v0.5); 11 mA x 3.3 V (STM32F722 data sheet, 25 MHz)
    assert load_catalogue().target("qemu-cortex-m4").active_mw() == pytest.approx(8.451)
    assert load_catalogue().target("qemu-cortex-m7").active_mw() == pytest.approx(36.3)
    # 11.4 mA at 48 MHz and 3.6 V, at 16 MHz (STM32F031 data sheet); 38.2 mA from 3.3 V (STM32F429 data sheet)
    assert load_catalogue().target("qemu-cortex-m0").active_mw() == pytest.approx(11.4 * 3.6 / 3)
    f405 = load_catalogue().target("qemu-stm32f405")
    assert f405.active_mw() == pytest.approx(38.2 * 3.3, rel=1e-3)


def test_cycles_per_tick_counts_instructions() -> None:
    # One instruction takes 256 ns, one tick 40 ns (25 MHz) or 31.25 ns (32 MHz).
    catalogue = load_catalogue()
    assert catalogue.target("qemu-cortex-m4").cycles_per_tick == Fraction(40, 256)
    assert catalogue.target("qemu-cortex-m55").cycles_per_tick == Fraction("31.25") / 256
    for name in ("qemu-cortex-m0", "qemu-cortex-m0plus"):  # SysTick at 16 MHz, whatever the clock
        assert catalogue.target(name).cycles_per_tick == Fraction("62.5") / 256
    assert catalogue.target("qemu-stm32f405").cycles_per_tick == Fraction(1, 4)
    assert catalogue.target("qemu-riscv32").cycles_per_tick == Fraction(1, 256)
    assert catalogue.target("native").cycles_per_tick == 1


def test_emulated_parts_have_their_real_sizes() -> None:
    # nRF51822-QFAA: 256 KiB flash, 16 KiB RAM. STM32F405xG: 1 MiB flash, 128 KiB SRAM beside the CCM.
    # RP2040 on a Raspberry Pi Pico: 2 MiB of serial flash.
    for name, flash, ram in (
        ("qemu-cortex-m0", 256 << 10, 16 << 10),
        ("qemu-cortex-m0plus", 256 << 10, 16 << 10),
        ("qemu-nrf52840", 1 << 20, 256 << 10),
        ("qemu-nucleo-l4r5zi", 2 << 20, 640 << 10),
        ("qemu-rp2040", 2 << 20, 264 << 10),
        ("qemu-stm32f405", 1 << 20, 128 << 10),
        ("qemu-stm32f446re", 512 << 10, 128 << 10),
        ("qemu-stm32f746zg", 1 << 20, 320 << 10),
        ("qemu-stm32f767zi", 2 << 20, 512 << 10),
    ):
        memory = load_catalogue().target(name).memory
        assert memory.code.length + memory.slot.length == flash
        assert memory.ram.length == ram
        assert not memory.slot.writable


def test_records_are_frozen() -> None:
    target = load_catalogue().target("native")
    with pytest.raises(ValueError, match="frozen"):
        target.clock_hz = 1


def test_unknown_target_suggests_the_nearest() -> None:
    with pytest.raises(UnknownTargetError) as caught:
        load_catalogue().target("qemu-cortexm4")
    assert caught.value.suggestions[0] == "qemu-cortex-m4"
    assert "did you mean" in str(caught.value)
    with pytest.raises(UnknownTargetError) as caught:
        load_catalogue().target("zzz")
    assert caught.value.suggestions == ()


def test_own_target_and_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cores").mkdir()
    core = (M4_FILE.parent.parent / "cores" / "cortex-m4.toml").read_text()
    (tmp_path / "cores" / "my-core.toml").write_text(core.replace('"cortex-m4"', '"my-core"'))
    (tmp_path / "mine.toml").write_text(
        m4_with(('name = "qemu-cortex-m4"', 'name = "mine"'), ('"cortex-m4"', '"my-core"'))
    )
    monkeypatch.setenv("TINYHIL_TARGETS", f":{tmp_path}:")
    target = load_catalogue().target("mine")
    assert target.core.name == "my-core"
    assert str(target.core) == "my-core"


def test_own_file_replaces_a_shipped_one(tmp_path: Path) -> None:
    text = m4_with(("stack_bytes = 16384", "stack_bytes = 8192"))
    assert (
        catalogue_with(tmp_path, text, "qemu-cortex-m4").target("qemu-cortex-m4").stack_bytes
        == 8192
    )


def test_broken_file_hurts_only_itself(tmp_path: Path) -> None:
    catalogue = catalogue_with(tmp_path, "this is not TOML")
    assert catalogue.target("qemu-cortex-m4").name == "qemu-cortex-m4"
    errors = {entry.name: entry.error for entry in catalogue.entries()}
    broken = errors.pop("mine")
    assert broken is not None
    assert "mine.toml" in str(broken) and "not TOML" in str(broken)
    assert set(errors) == set(SHIPPED) and not any(errors.values())


def test_missing_folder_is_told_and_harmless(tmp_path: Path) -> None:
    catalogue = load_catalogue([tmp_path / "absent"])
    assert catalogue.names() == SHIPPED
    assert [str(tmp_path / "absent") in str(p) for p in catalogue.problems] == [True]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = ", b"a = 1\na = 2", b"\x00"])
def test_bytes_that_are_no_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(CatalogueError, match="not TOML"):
        load_catalogue([tmp_path]).target("mine")


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    text = m4_with(
        ("stack_bytes = 16384", 'stack_bytes = "16384"'),
        ('core = "cortex-m4"', 'core = "cortex-m99"'),
        ("rx_irq = 0", "rx_irq = -1\nrx_irk = 0"),
        ("icount_shift = 8\n", ""),
        ("origin = 0x00200000", "origin = 0x00100000"),
        ("max_payload = 4096", "max_payload = 16384"),
        ("vdd_v = 1.8", "vdd_v = 18.0"),
    )
    found = problems_of(tmp_path, text)
    paths = {problem.partition(":")[0] for problem in found}
    assert paths >= {
        "stack_bytes",
        "core",
        "uart.rx_irq",
        "uart.rx_irk",
        "driver.icount_shift",
        "memory.slot",
        "power.active.vdd_v",
    }
    assert any("cortex-m99" in problem and "cortex-m4" in problem for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("schema = 1", "schema = 2", r"^schema: "),
        ("schema = 1", "", r"^schema: .*required"),
        ("clock_hz = 25_000_000\nfamily", "clock_hz = true\nfamily", r"^clock_hz: "),
        ("clock_hz = 25_000_000\nfamily", "clock_hz = 25e6\nfamily", r"^clock_hz: "),
        ('family = "cortex_m"', 'family = "native"', r"^uart.driver: does not go"),
        ('kind = "emulator"', 'kind = "host"', r"^kind: does not go"),
        ('core = "cortex-m4"', 'core = "host"', r"^core: does not go"),
        ("stack_bytes = 16384", "stack_bytes = 4194304", r"^stack_bytes: leaves nothing"),
        ("rx_ring_bytes = 16384", "rx_ring_bytes = 16000", r"^uart.rx_ring_bytes: .*power of two"),
        ("max_payload = 4096", "max_payload = 16384", r"^uart.max_payload: a frame"),
        ("baud = 115200", "baud = 5_000_000", r"^uart.baud: "),
        ("icount_shift = 8", "icount_shift = 6", r"^counter.hz: one tick spans 0.625 instructions"),
        (
            "hz = 25_000_000\n\n[driver]",
            "hz = 24_000_000\n\n[driver]",
            r"^counter.hz: .*power of two",
        ),
        ("origin = 0x20000000", "origin = 0xfff00000", r"^memory.ram.length: reaches 0x1003"),
        (
            "length = 0x00200000\nwritable",
            "length = 0x00200001\nwritable",
            r"^memory.slot.length: reaches 0x400001, but memory repeats from 0x400000",
        ),
        (
            "origin = 0x20000000",
            "origin = 0x00300000",
            r"^memory.ram: begins at 0x300000, inside slot",
        ),
        ("vdd_v = 1.8\n", "", r"^power.active: give either"),
        ("vdd_v = 1.8", "vdd_v = 1.8\npower_mw = 3.0", r"^power.active: give either"),
        ('driver = "cmsdk"', 'driver = "16550"', r"^uart: .*16550"),
        ('title = "', 'title = ""\nx = "', r"^title: "),
    ],
)
def test_each_fault_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found = problems_of(tmp_path, m4_with((old, new)))
    assert any(re.search(problem, text) for text in found), found


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (
            "qemu-cortex-m0",
            "00\nhz = 16_000_000",
            "00\nhz = 16_000_001",
            r"^counter.hz: must be a mult",
        ),
        ("qemu-cortex-m0", "tx_pin = 24", "tx_pin = 32", r"^uart.tx_pin: "),
        ("qemu-cortex-m0", "max_events = 128", "max_events = 512", r"^uart.max_events: "),
        ("qemu-stm32f405", "prescaler = 64", "prescaler = 65", r"^counter.prescaler: "),
        ("qemu-stm32f405", "stm32_tim", "mcycle", r"^counter"),
        ("qemu-riscv32", "plic_base = 0x0c000000\n", "", r"^plic_base: does not go with family"),
        ("qemu-riscv32", "0x80400000", "0x80400100", r"^memory.ram: .*multiples of 4096"),
        ("qemu-riscv32", '"rv32imac"', '"cortex-m4"', r"^core: does not go with family 'riscv'"),
    ],
)
def test_each_fault_of_other_families_is_named(
    tmp_path: Path, name: str, old: str, new: str, problem: str
) -> None:
    text = (FOLDER / f"{name}.toml").read_text().replace(f'name = "{name}"', 'name = "mine"')
    assert text.count(old) == 1
    found = problems_of(tmp_path, text.replace(old, new))
    assert any(re.search(problem, text) for text in found), found


def test_absent_power_needs_a_reason(tmp_path: Path) -> None:
    text = M4_FILE.read_text().partition("[power.active]")[0]
    assert problems_of(tmp_path, text) == ("power_note: say why there is no [power] table",)


def test_name_must_be_the_file_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(M4_FILE.read_text())
    with pytest.raises(
        CatalogueError, match=r"name: is 'qemu-cortex-m4', but the file is mine\.toml"
    ):
        load_catalogue([tmp_path]).target("mine")


def test_broken_core_names_core_and_target(tmp_path: Path) -> None:
    (tmp_path / "cores").mkdir()
    (tmp_path / "cores" / "bad.toml").write_text('schema = 1\nname = "bad"\n')
    found = problems_of(tmp_path, m4_with(('core = "cortex-m4"', 'core = "bad"')))
    assert len(found) == 1
    assert found[0].startswith("core: ") and "bad.toml" in found[0] and "isa" in found[0]


def test_region_end() -> None:
    assert Region(origin=0xFFFFFF00, length=0x100).end == 1 << 32


def test_native_needs_lengths_only() -> None:
    target = load_catalogue().target("native")
    assert {region.origin for region in target.memory.named().values()} == {0}
    assert isinstance(target, Target)
