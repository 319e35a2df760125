"""`tinyhil generate` on the zoo and on search spaces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from harness.engines.plan.compile import compile_model
from harness.errors import UsageError
from models.arch.counters import count
from models.cli import generate
from models.limits import parse_limits
from models.spaces import SPACES
from models.zoo import ZOO


def invoke(arguments: Sequence[str]) -> str:
    app = typer.Typer()
    app.command("generate")(generate)
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_zoo(tmp_path: Path) -> None:
    text = invoke(["zoo", "kws01", "ad01", "-o", str(tmp_path)])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ad01.tflite", "kws01.tflite"]
    assert "2,656,768 MACs" in text and "264,192 MACs" in text
    [model] = json.loads(invoke(["zoo", "kws01", "-o", str(tmp_path / "k.tflite"), "--json"]))[
        "models"
    ]
    data = (tmp_path / "k.tflite").read_bytes()
    assert data == (tmp_path / "kws01.tflite").read_bytes()
    counts = count(ZOO["kws01"].build())
    assert model == {
        "family": "zoo",
        "path": str(tmp_path / "k.tflite"),
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "macs": counts.macs,
        "parameters": counts.parameters,
        "peak_bytes": counts.peak_bytes,
    }


def test_seed_and_dead_channels_change_weights_only(tmp_path: Path) -> None:
    files = []
    for options in ([], ["--seed", "1"], ["--dead-channels"]):
        path = tmp_path / f"{len(files)}.tflite"
        invoke(["zoo", "vww01", "-o", str(path), *options])
        files.append(path.read_bytes())
    assert len(set(files)) == 3
    assert len({len(data) for data in files}) == 1


def test_members_within_limits(tmp_path: Path) -> None:
    limits = ["flash=60KiB", "macs=3M", "arena=30kB"]
    options = [text for limit in limits for text in ("--limit", limit)]
    text = invoke(["ds-cnn-kws", "-n", "3", "-o", str(tmp_path), "--json", *options])
    models = json.loads(text)["models"]
    assert len(models) == 3
    seeds = []
    for model in models:
        data = Path(model["path"]).read_bytes()
        assert len(data) == model["size_bytes"] <= 60 * 1024
        assert model["macs"] <= 3_000_000
        assert compile_model(data, "m").arena_bytes <= 30_000
        seeds.append(int(Path(model["path"]).stem.rsplit("-", 1)[1]))
    assert seeds == sorted(seeds) and seeds[-1] > 2
    # A member is what its seed makes of it, with or without limits.
    again = invoke(
        ["ds-cnn-kws", "--seed", str(seeds[-1]), "-o", str(tmp_path / "again"), "--json"]
    )
    assert json.loads(again)["models"][0]["sha256"] == models[-1]["sha256"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["zoo", "resnet50"], "no 'resnet50' in the zoo; there is: kws01"),
        (["nothing"], "unknown family 'nothing'; there is: example, zoo, ds-cnn-kws"),
        (["zoo", "kws01", "--limit", "flash=1MiB"], "are for search spaces"),
        (["lstm", "kws01"], "go with the family 'zoo'"),
        (["lstm", "--dead-channels"], "go with the family 'zoo'"),
        (["example", "--seed", "2"], "no seed"),
        (["lstm", "--limit", "speed=3"], "--limit speed=3: write macs"),
        (["lstm", "--limit", "flash=3furlongs"], "--limit flash=3furlongs: write"),
        (["lstm", "--limit", "macs=1", "--limit", "macs=2"], "macs is given twice"),
        (["lstm", "--limit", "macs=10"], r"0 of 1 members .* 1,000 drawn; widen: macs \(1000x\)"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        invoke([*arguments, "-o", str(tmp_path / "new")])
    assert not (tmp_path / "new").exists()


def test_several_models_do_not_fit_one_file(tmp_path: Path) -> None:
    for arguments in (["zoo"], ["lstm", "-n", "2"]):
        with pytest.raises(UsageError, match="give a folder"):
            invoke([*arguments, "-o", str(tmp_path / "one.tflite")])


def test_units() -> None:
    assert parse_limits(["flash=1.5KiB", "macs=2M", "peak=3kB", "arena=7"]) == {
        "flash": 1536,
        "macs": 2_000_000,
        "peak": 3000,
        "arena": 7,
    }


def test_every_space_and_the_zoo_are_families(tmp_path: Path) -> None:
    for name in SPACES:
        assert name in invoke([name, "--limit", "macs=3M", "-o", str(tmp_path)])
