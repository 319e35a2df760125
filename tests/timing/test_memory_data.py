"""[memory_timing] and [unaligned]: what is shipped becomes parameters, what is wrong is said with its path."""

from __future__ import annotations

from pathlib import Path

import pytest

import targets
from targets.catalogue import load_catalogue
from targets.errors import CatalogueError
from targets.timing.memory import memory_parameters

FOLDER = Path(targets.__file__).parent / "catalog"
PARTS = tuple(
    entry.name
    for entry in load_catalogue().entries()
    if entry.target is not None and entry.target.memory_timing is not None
)


def test_parts_with_wait_states_have_a_memory_timing() -> None:
    assert PARTS == (
        "qemu-nrf52840",
        "qemu-nucleo-l4r5zi",
        "qemu-rp2040",
        "qemu-stm32f405",
        "qemu-stm32f446re",
        "qemu-stm32f746zg",
        "qemu-stm32f767zi",
    )


def test_every_core_says_what_unaligned_accesses_cost() -> None:
    for entry in load_catalogue().entries():
        assert entry.target is not None
        assert (entry.target.core.unaligned is None) == (entry.target.kind == "host")


@pytest.mark.parametrize("name", PARTS)
def test_regions_cover_the_flash(name: str) -> None:
    target = load_catalogue().target(name)
    assert target.memory_timing is not None
    named = target.memory.named()
    places = [r.place(named) for r in target.memory_timing.regions]
    for region in (target.memory.code, target.memory.slot):
        assert (region.origin, region.length) in places


def test_parameters_of_a_part() -> None:
    target = load_catalogue().target("qemu-nucleo-l4r5zi")
    values = memory_parameters(target.memory_timing, target.memory.named(), target.core.unaligned)
    assert values["memory.present"] == 1
    flash = {k: v for k, v in values.items() if k.startswith("memory.region.1.")}
    assert flash == {
        "memory.region.1.base": 512 << 10,
        "memory.region.1.bytes": 1536 << 10,
        "memory.region.1.width": 8,
        "memory.region.1.fetch_wait": 5,
        "memory.region.1.read_wait": 5,
        "memory.region.1.prefetch": 1,
        "memory.region.1.store_allocates": 0,
        "memory.region.1.fetch_cache": 1,
        "memory.region.1.read_cache": 2,
    }
    assert values["memory.unaligned.rule"] == 1
    assert all(0 <= value < 1 << 32 for value in values.values())


def test_serial_flash_from_its_clocks() -> None:
    """Raspberry Pi Pico: 8 clocks of address and mode, 4 dummy, 8 of data, 2 cycles each."""
    timing = load_catalogue().target("qemu-rp2040").memory_timing
    assert timing is not None and timing.regions[0].wait == (8 + 4 + 8) * 2


def test_a_target_without_memory_timing_has_the_cores_charges_only() -> None:
    target = load_catalogue().target("qemu-cortex-m3")
    values = memory_parameters(target.memory_timing, target.memory.named(), target.core.unaligned)
    assert values.pop("memory.present") == 1
    assert not [key for key in values if key.split(".")[1] in ("region", "cache", "regions")]
    assert values["memory.unaligned.load_cycles"] == 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("read_bytes = 8", "read_bytes = 12", r"timing\.regions\.0\.read_bytes: must be a power"),
        ("read_bytes = 8", "read_bytes = 16", r"regions\.1\.read_bytes: differs within caches"),
        ("wait_states = 5\n", "", r"give either wait_states or serial"),
        ('memory = "code"', "origin = 0", r"origin: goes with length"),
        ('memory = "code"', 'memory = "rom"', r"regions\.0\.memory"),
        ('memory = "code"', 'memory = "code"\nlength = 0x80001', r"0: reaches beyond code"),
        ('memory = "code"', 'memory = "ram"', r"memory_timing\.regions\.1: not behind regions\.0"),
        ('fetch_cache = "art_code"', 'fetch_cache = "l2"', r"regions\.0: there is no caches\.l2"),
        ("ways = 8", "ways = 8\ncolour = 1", r"memory_timing\.caches\.art_data\.colour"),
        ("line_bytes = 32", "line_bytes = 4", r"caches\.art_code\.line_bytes: must be 1 to 32"),
        ("wait_states = 5", 'wait_states = "5"', r"regions\.0\.wait_states"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, path: str) -> None:
    text = (FOLDER / "qemu-nucleo-l4r5zi.toml").read_text()
    assert old in text
    text = text.replace('"qemu-nucleo-l4r5zi"', '"mine"').replace(old, new, 1)
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(CatalogueError, match=path):
        load_catalogue([tmp_path]).target("mine")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('rule = "boundaries"\nload_cycles = 1', "boundary_bytes"),
        ('rule = "parts"\nload_cycles = 1\nboundary_bytes = 8', "boundary_bytes"),
        ('rule = "parts"', "load_cycles, store_cycles"),
        ('rule = "faults"\nload_cycles = 1', "load_cycles, store_cycles"),
        ('rule = "sometimes"\nload_cycles = 1', "unaligned.rule"),
    ],
)
def test_what_is_wrong_with_a_core_is_told(tmp_path: Path, table: str, said: str) -> None:
    text = (FOLDER.parent / "cores" / "cortex-m3.toml").read_text()
    head = text[: text.index("[unaligned]")].replace('"cortex-m3"', '"odd"')
    (tmp_path / "cores").mkdir()
    (tmp_path / "cores" / "odd.toml").write_text(f'{head}[unaligned]\n{table}\nsource = "none"\n')
    target = (FOLDER / "qemu-cortex-m3.toml").read_text().replace('"cortex-m3"', '"odd"')
    (tmp_path / "mine.toml").write_text(target.replace('"qemu-cortex-m3"', '"mine"'))
    with pytest.raises(CatalogueError, match=said):
        load_catalogue([tmp_path]).target("mine")
