"""`tinyhil mlperf`: measure any device that speaks the MLPerf Tiny text language."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harness.cli import output
from harness.errors import ModelError, UsageError
from harness.link.transcript import Header, Transcript
from harness.measure.bench import transcript_path
from harness.measure.mlperf import Request, TextMeasurement, measure_text
from targets.deadline import Deadline
from targets.drivers.serial import open_port


def mlperf(
    model: Annotated[Path, typer.Argument(help="the .tflite that runs there", show_default=False)],
    port: Annotated[str, typer.Option(help="serial port or pseudo-terminal")],
    baud: Annotated[int, typer.Option(help="line rate")] = 115200,
    infer: Annotated[int, typer.Option(help="inferences of a timed window")] = 10,
    warmup: Annotated[int, typer.Option(help="inferences before them")] = 1,
    windows: Annotated[int, typer.Option(help="timed windows; the median counts")] = 3,
    check_inputs: Annotated[
        int, typer.Option(help="random inputs compared with the reference interpreter")
    ] = 4,
    seed: Annotated[int, typer.Option(help="seed of the random inputs")] = 1,
    modelled: Annotated[
        bool, typer.Option("--modelled", help="the device is an emulator: its time is modelled")
    ] = False,
    timeout: Annotated[float, typer.Option(help="limit of all of it, seconds")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on stdout")] = False,
) -> None:
    """Measure a device that runs MODEL and speaks the MLPerf Tiny text language, whoever made it.

    Exit code 1 when its outputs differ from the reference interpreter's.
    """
    if min(infer, windows) < 1 or min(warmup, check_inputs) < 0:
        raise UsageError("inferences and windows must be 1 or more, warm-up and inputs 0 or more")
    try:
        data = model.read_bytes()
    except OSError as error:
        raise UsageError(f"{model}: {error.strerror}") from None
    request = Request(
        infer, warmup, windows, check_inputs, seed, "modelled" if modelled else "measured"
    )
    path = transcript_path(str(uuid.uuid4()))
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = open_port(port, baud)
    console = output.stderr()
    try:
        with (
            Transcript.create(path, Header.now(port, "")) as transcript,
            console.status("") as status,
        ):
            found = measure_text(
                stream,
                data,
                model.stem,
                request,
                transcript,
                Deadline.after(timeout),
                status.update,
            )
    except ModelError as error:
        raise error.named(str(model)) from None
    finally:
        stream.close()
    if as_json:
        record = {"model": model.stem, "port": port, **asdict(found), "transcript": str(path)}
        sys.stdout.write(json.dumps(record) + "\n")
    else:
        output.stdout().print(_table(model.stem, found))
    if found.outputs_agree is False:
        sys.exit(1)


def _table(model: str, found: TextMeasurement) -> Table:
    table = Table(
        title="MLPerf Tiny device", title_justify="left", title_style="bold", header_style="bold"
    )
    for name in ("device", "model there", "model here", "latency", "outputs"):
        table.add_column(name)
    if found.outputs_agree is None:
        outputs = "not compared"
    else:
        verdict = "agree" if found.outputs_agree else f"differ by {found.max_abs_diff:.3g}"
        outputs = f"{verdict} ({found.inputs})"
    table.add_row(
        f"{found.device} [{found.vendor}]".replace("[", r"\["),
        found.device_model or "-",
        model,
        f"{output.duration(found.latency_us)}\n[dim]{found.kind}[/]",
        outputs,
    )
    return table
