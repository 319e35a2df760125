"""The example model, and the command that writes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from harness.engines.plan.importer import import_model
from harness.engines.tflm_oracle import LitertOracle, TflmOracle, make_oracle
from harness.errors import StoreError, UnsupportedModelError, UsageError
from models.cli import generate
from models.example import CLASSES, INPUT_SHAPE, example_model
from models.tflite.writer import ModelBuilder

SHA256 = "6cc81b91fa18bdc3b7740958ebea0643d4745cacbaf18baf9abc573e31b0e8bb"


def inputs(count: int) -> list[np.ndarray]:  # type: ignore[type-arg]
    generator = np.random.default_rng(11)
    return [generator.integers(-128, 128, INPUT_SHAPE).astype(np.int8) for _ in range(count)]


def test_same_bytes_everywhere() -> None:
    data = example_model()
    assert hashlib.sha256(data).hexdigest() == SHA256
    assert len(data) < 60_000


@pytest.mark.parametrize("oracle", [TflmOracle, LitertOracle])
def test_interpreters_run_it_and_outputs_depend_on_inputs(
    oracle: type[TflmOracle] | type[LitertOracle],
) -> None:
    try:
        interpreter = oracle(example_model())
    except ImportError:
        pytest.skip("interpreter not installed")
    outputs = [interpreter.run([x])[0] for x in inputs(16)]
    assert all(y.shape == (1, CLASSES) and y.dtype == np.int8 for y in outputs)
    assert len({y.tobytes() for y in outputs}) == 16
    assert len({int(y.argmax()) for y in outputs}) > 3
    assert interpreter.run([inputs(1)[0]])[0].tobytes() == outputs[0].tobytes()


def test_interpreters_agree() -> None:
    """To a quantum: the two round FULLY_CONNECTED differently."""
    try:
        tflm, litert = TflmOracle(example_model()), LitertOracle(example_model())
    except ImportError:
        pytest.skip("interpreters not installed")
    for x in inputs(8):
        difference = tflm.run([x])[0].astype(int) - litert.run([x])[0].astype(int)
        assert np.abs(difference).max() <= 2


def test_no_layer_is_saturated_or_constant() -> None:
    """Each intermediate tensor made an output; LiteRT shows its values."""
    graph = import_model(example_model(), "example")
    kinds = [op.kind for op in graph.operators]
    assert [kinds.count(k) for k in ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD")] == [3, 2, 1]
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError:
        pytest.skip("LiteRT is not installed")
    interpreter = Interpreter(
        model_content=example_model(),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(graph.inputs[0], inputs(1)[0])
    interpreter.invoke()
    for op in graph.operators[:-1]:
        values = interpreter.get_tensor(op.outputs[0])
        assert len(np.unique(values)) >= min(12, values.size), op.label
        assert np.mean(values == 127) < 0.02, op.label


def test_oracle_names_and_refusals() -> None:
    oracle = make_oracle(example_model())
    if oracle is None:
        pytest.skip("no interpreter installed")
    assert oracle.name.startswith(("TFLM ", "LiteRT "))
    with pytest.raises(UnsupportedModelError, match=oracle.name):
        oracle.run([np.zeros((1, 3), np.int8)])
    b = ModelBuilder("custom")
    x, y = b.tensor("x", (1, 4), scale=1.0), b.tensor("y", (1, 4), scale=1.0)
    b.operator("CUSTOM", [x], [y], custom_code="Mine")
    assert make_oracle(b.build([x], [y])) is None


def test_interpreters_keep_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    b = ModelBuilder("custom")
    x, y = b.tensor("x", (1, 4), scale=1.0), b.tensor("y", (1, 4), scale=1.0)
    b.operator("CUSTOM", [x], [y], custom_code="Mine")
    assert make_oracle(b.build([x], [y])) is None
    assert capfd.readouterr().err == ""


def invoke(arguments: Sequence[str]) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command("generate")(generate)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.exception


def test_generate_into_a_directory(tmp_path: Path) -> None:
    code, output, _ = invoke(["example", "-o", str(tmp_path / "new" / "models")])
    path = tmp_path / "new" / "models" / "example.tflite"
    assert code == 0
    assert path.read_bytes() == example_model()
    assert SHA256 in output
    assert str(path) in output
    assert [p.name for p in path.parent.iterdir()] == ["example.tflite"]


def test_generate_a_file_with_json(tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(b"old")
    code, output, _ = invoke(["example", "-o", str(path), "--json"])
    assert code == 0
    [model] = json.loads(output)["models"]
    assert model == {
        "family": "example",
        "path": str(path),
        "size_bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "macs": 1_488_768,
        "parameters": 13_004,
        "peak_bytes": 24_000,
    }


def test_generate_mistakes(tmp_path: Path) -> None:
    _, _, error = invoke(["mobilenet", "-o", str(tmp_path)])
    assert isinstance(error, UsageError)
    assert "example" in str(error)
    (tmp_path / "file").write_text("")
    _, _, error = invoke(["example", "-o", str(tmp_path / "file" / "deeper")])
    assert isinstance(error, StoreError)
    assert "cannot make" in str(error)
