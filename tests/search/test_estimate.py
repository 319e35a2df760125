"""Estimates of flash and RAM beside the device's figures, for networks of every backbone of a task."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.search.backbones import plain_choices
from models.search.calibration import estimators
from models.search.limits import Limits
from models.search.records import Design, Folder
from models.search.repair import scaled
from models.search.wanted import Context, Wanted
from models.tasks import parse_task
from targets.catalogue import load_catalogue

CODE_SLACK = 64
"""Bytes: tables of a network's own, aligned; kernels are kilobytes."""


@pytest.mark.emulator
def test_flash_and_ram_are_known_before_a_network_is_measured(tmp_path: Path) -> None:
    """The fast kernels of networks over time and of DS-CNNs differ by 3 KB of code."""
    wanted = Wanted(
        "micronets", parse_task("kws"), load_catalogue().target("qemu-cortex-m4"), "fast",
        Limits(latency_us=1e6), calibration=10,
    )  # fmt: skip
    context = Context(wanted, Folder(tmp_path), lambda _: None)
    known = estimators(context)
    assert list(known) == ["temporal", "ds-cnn"]
    for kind, backbone in context.backbones.items():
        shapes = plain_choices(backbone)
        for name in (min(shapes), max(shapes)):
            choice = scaled(backbone, shapes[name], 0.15)
            arch = context.arch(Design(backbone=kind, choice=choice), "plain")
            estimated = known[kind].figures(arch)
            device = context.target.figures(context.write_untrained("plain", arch))
            assert abs(device.flash_bytes - estimated.flash_bytes) <= CODE_SLACK, (kind, name)
            assert device.ram_bytes == estimated.ram_bytes, (kind, name)
    # Another search with the same latency model measures nothing again.
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    estimators(Context(wanted, Folder(tmp_path), lambda words: pytest.fail(words)))
    assert written == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
