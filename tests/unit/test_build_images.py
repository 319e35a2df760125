"""Images: built once, whole or absent, whoever is killed and whatever breaks. On the host's compiler."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import targets
from harness.build.cache import ImageCache
from harness.build.deploy import DeployModel, build_deploy
from harness.build.images import Image, build_image
from harness.build.sizes import measure_sizes
from harness.build.toolchain import findings
from harness.errors import BuildError, MemoryLimitError, MissingToolError, UsageError
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.schema import Target

ROOT = Path(__file__).resolve().parents[2]
MODEL = DeployModel(os.urandom(5000), frozenset({"FULLY_CONNECTED_S8"}), 3000, 64)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image cache of this test's own."""
    monkeypatch.setenv("TINYHIL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def target(name: str = "native") -> Target:
    found = load_catalogue().target(name)
    missing = [f.what for f in findings(found) if not f.ok]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    return found


def build(name: str = "native") -> Image:
    return build_image(target(name), "plan", "reference", Deadline.after(300))


def fake_ninja(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Put a `ninja` in front of the real one that counts its calls in a file, then runs `script`."""
    real = shutil.which("ninja")
    folder.mkdir()
    calls = folder / "calls"
    ninja = folder / "ninja"
    # CMake itself calls ninja too, for other things than to build.
    ninja.write_text(
        f'#!/bin/sh\nREAL={real}\ncase "$*" in *tinyhil_firmware) ;; *) exec $REAL "$@";; esac\n'
        f"echo $$ >>{calls}\n{script}\n"
    )
    ninja.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return calls


def leftovers(cache: Path) -> list[Path]:
    work = cache / "work"
    return list(work.iterdir()) if work.exists() else []


def test_built_once_then_found(cache: Path) -> None:
    first = build()
    second = build()
    assert (first.cached, second.cached) == (False, True)
    assert (first.elf, first.image_id) == (second.elf, second.image_id)
    assert bytes.fromhex(first.image_id) in first.elf.read_bytes()
    assert len(first.image_id) == 32
    assert first.map.stat().st_size > 1000 and first.compiler
    assert leftovers(cache) == []


def test_damaged_entry_is_built_again(cache: Path) -> None:
    image = build()
    whole = image.elf.read_bytes()
    image.elf.write_bytes(whole[:1000])
    again = build()
    assert not again.cached
    assert again.elf.read_bytes() == whole
    assert os.access(again.elf, os.X_OK)


@pytest.mark.parametrize("damage", ["cut", "gone", "longer", "no record", "half record", "{}", "7"])
def test_damaged_entry_counts_as_absent(tmp_path: Path, damage: str) -> None:
    cache = ImageCache(tmp_path / "cache")
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"content")
    for _ in range(2):
        with cache.locked("1234", Deadline.after(10)), cache.workspace("1234") as work:
            folder = cache.keep("1234", {"a.elf": fresh, "a.map": fresh}, work)
        assert cache.find("1234") == folder
        file, record = folder / "a.elf", folder / "image.json"
        if damage == "cut":
            file.write_bytes(b"cont")
        elif damage == "longer":
            file.write_bytes(b"content and more")
        elif damage in ("gone", "no record"):
            (file if damage == "gone" else record).unlink()
        else:
            record.write_text(record.read_text()[:20] if damage == "half record" else damage)
        assert cache.find("1234") is None
    assert cache.find("5678") is None


def test_waiting_for_another_build_ends_at_the_deadline(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path)
    with (
        cache.locked("1234", Deadline.after(10)),
        pytest.raises(BuildError, match="another process still builds"),
        cache.locked("1234", Deadline.after(0.1)),
    ):
        pytest.fail("locked twice")


def test_what_goes_in_decides_the_identity(cache: Path) -> None:
    base = target()
    ids = [
        build_image(changed, "plan", "reference", Deadline.after(300)).image_id
        for changed in (
            base,
            base.model_copy(update={"stack_bytes": base.stack_bytes * 2}),
            base.model_copy(update={"title": "not compiled in"}),
        )
    ]
    assert ids[0] == ids[2] != ids[1]


def test_two_processes_build_once(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target()
    calls = fake_ninja(tmp_path / "bin", monkeypatch, 'exec $REAL "$@"')
    code = (
        "from harness.build.images import build_image\n"
        "from targets.catalogue import load_catalogue\n"
        "from targets.deadline import Deadline\n"
        "native = load_catalogue().target('native')\n"
        "print(build_image(native, 'plan', 'reference', Deadline.after(300)).elf)\n"
    )
    command = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(said) == 1 and Path(said.pop().strip()).is_file()
    assert len(calls.read_text().split()) == 1


def test_killed_build_leaves_no_half_image(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target()
    with monkeypatch.context() as patch:
        calls = fake_ninja(tmp_path / "bin", patch, "exec sleep 100")
        code = "from tests.unit.test_build_images import build; build()"
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as harness:
            deadline = Deadline.after(60)
            while not (calls.exists() and calls.read_text()) and not deadline.expired():
                time.sleep(0.02)
            harness.kill()
        os.kill(int(calls.read_text()), signal.SIGKILL)
    assert len(leftovers(cache)) == 1
    assert not build().cached
    assert leftovers(cache) == []


def test_build_past_its_deadline_is_ended(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    native = target()
    calls = fake_ninja(tmp_path / "bin", monkeypatch, "sleep 100 & wait")
    with pytest.raises(BuildError, match="did not end within"):
        build_image(native, "plan", "reference", Deadline.after(3))
    assert not Path(f"/proc/{int(calls.read_text())}").exists()
    assert leftovers(cache) == []


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo 'x.c:1: error: no such thing'; exit 1", "error: no such thing"),
        ("echo 'cc1: error: No space left on device'; exit 1", "no space left"),
        ("exit 1", "no output"),
    ],
)
def test_failing_build(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, text: str
) -> None:
    native = target()
    fake_ninja(tmp_path / "bin", monkeypatch, script)
    with pytest.raises(BuildError, match=text) as caught:
        build_image(native, "plan", "reference", Deadline.after(60))
    assert "\n" not in str(caught.value)
    assert leftovers(cache) == []


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINYHIL_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BuildError, match="TINYHIL_CACHE"):
        build()


def test_unknown_kernel_set(cache: Path) -> None:
    with pytest.raises(UsageError, match="no-such-set"):
        build_image(target(), "plan", "no-such-set", Deadline.after(60))


@pytest.mark.parametrize("missing", ["cc", "cmake", "ninja"])
def test_missing_tool(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    native = target()
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in {"cc", "cmake", "ninja"} - {missing}:
        (tools / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(MissingToolError, match="apt install") as caught:
        build_image(native, "plan", "reference", Deadline.after(60))
    assert caught.value.tool == missing
    found = {finding.what: finding for finding in findings(native)}
    assert not found[missing].ok and "apt install" in found[missing].way_out
    assert sum(not finding.ok for finding in found.values()) == 1


def test_deploy_image_of_the_host(cache: Path) -> None:
    bench = build()
    deploy = build_deploy(target(), "plan", "reference", MODEL, Deadline.after(300))
    assert deploy.image_id != bench.image_id
    assert MODEL.blob in deploy.elf.read_bytes()
    sizes = measure_sizes(deploy)
    assert 0 <= sizes.model_bytes - len(MODEL.blob) < 16
    assert sizes.flash_parts["kernels"] < measure_sizes(bench).flash_parts["kernels"]
    assert sizes.arena_bytes >= MODEL.arena_bytes + MODEL.io_bytes
    assert build_deploy(target(), "plan", "reference", MODEL, Deadline.after(300)).cached
    other = DeployModel(MODEL.blob, MODEL.opcodes, 4000, 64)
    assert not build_deploy(target(), "plan", "reference", other, Deadline.after(300)).cached


@pytest.mark.emulator
@pytest.mark.parametrize("name", [n for n in load_catalogue().names() if n.startswith("qemu-")])
def test_sizes_agree_with_binutils(cache: Path, tmp_path: Path, name: str) -> None:
    image = build_deploy(target(name), "plan", "reference", MODEL, Deadline.after(300))
    sizes = measure_sizes(image)
    flat = tmp_path / "flat.bin"
    family = target(name).core.toolchain
    subprocess.run([f"{family}-objcopy", "-O", "binary", image.elf, flat], check=True)
    content = flat.read_bytes()
    assert MODEL.blob in content
    assert 0 <= len(content) - sizes.flash_bytes < 64  # objcopy fills gaps of alignment
    listed = subprocess.run(
        [f"{family}-size", "-A", image.elf], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    by_name = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    assert by_name[".stack"] == sizes.stack_bytes == target(name).stack_bytes
    assert by_name[".data"] + by_name[".bss"] == sizes.static_bytes + sizes.arena_bytes
    assert sum(sizes.flash_parts.values()) == sizes.flash_bytes
    assert sizes.flash_parts["other"] < 200
    assert sizes.flash_bytes == sizes.code_bytes + sizes.model_bytes


@pytest.mark.emulator
@pytest.mark.parametrize("uart", ["stm32_f4", "stm32_f7"])
def test_drivers_for_parts_that_no_emulator_has_build(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uart: str
) -> None:
    """A user's target file with the registers of newer STM32: builds without a warning."""
    file = Path(targets.__file__).parent / "catalog" / "qemu-stm32f405.toml"
    text = file.read_text().replace('"qemu-stm32f405"', '"mine"').replace('"stm32_f4"', f'"{uart}"')
    (tmp_path / "mine.toml").write_text(text)
    monkeypatch.setenv("TINYHIL_TARGETS", str(tmp_path))
    image = build("mine")
    assert f"uart_{uart}.c" in image.map.read_text()


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("model", "region", "limit"),
    [
        (DeployModel(bytes(600_000), MODEL.opcodes, 3000, 64), "flash", 0x80000),
        (DeployModel(MODEL.blob, MODEL.opcodes, 600_000, 64), "RAM", 0x80000),
    ],
)
def test_model_too_large_to_link(cache: Path, model: DeployModel, region: str, limit: int) -> None:
    m55 = target("qemu-cortex-m55")
    with pytest.raises(MemoryLimitError) as caught:
        build_deploy(m55, "plan", "reference", model, Deadline.after(300))
    error = caught.value
    assert (error.region, error.limit_bytes, error.target) == (region, limit, m55.name)
    assert 600_000 < error.need_bytes < 700_000
