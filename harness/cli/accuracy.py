"""`tinyhil accuracy`: how often a model on a device is right."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from harness.cli import output
from harness.engines.plan.optimise import summary
from harness.errors import UsageError
from harness.link.transcript import Transcript
from harness.measure.accuracy import Accuracy, measure_accuracy
from harness.measure.choice import choices
from harness.measure.dataset import read_labels
from harness.measure.firmware import prepare_firmware
from harness.measure.job import Job
from targets.catalogue import load_catalogue
from targets.deadline import Deadline


def accuracy(
    model: Annotated[Path, typer.Argument(help="int8 .tflite file", show_default=False)],
    target: Annotated[str, typer.Option("--target", "-t", help="where to run it")],
    data: Annotated[Path, typer.Option(help="folder with y_labels.csv and the files it names")],
    limit: Annotated[int, typer.Option(help="only so many files, the first ones; 0: all")] = 0,
    engine: Annotated[str, typer.Option(help="what executes the model: plan, tflm")] = "plan",
    kernels: Annotated[
        str, typer.Option(help="kernel set [default: the engine's own]", show_default=False)
    ] = "",
    timeout: Annotated[float, typer.Option(help="limit of all inferences, seconds")] = 3600.0,
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="run the graph as it stands in the file")
    ] = False,
    drop_softmax: Annotated[
        bool,
        typer.Option("--drop-softmax", help="leave out a final SOFTMAX: other outputs, same top-1"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on stdout")] = False,
) -> None:
    """Run every file of a data set on a device: top-1 accuracy, area under the ROC curve.

    The data set has the layout of MLCommons Tiny (docs/foreign-client.md).
    """
    if limit < 0:
        raise UsageError(f"the limit must be 0 or more, not {limit}")
    items = read_labels(data)[: limit or None]
    where = load_catalogue().target(target)
    (chosen,) = choices(where, (engine,), (kernels,) if kernels else ())
    job = Job(
        model=model,
        target=where,
        engine=chosen[0],
        kernels=chosen[1],
        optimise=not no_optimise,
        drop_softmax=drop_softmax,
    )
    firmware = prepare_firmware(job)
    with Progress(
        console=output.stderr(), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        bar = progress.add_task(f"{job.name} on {target}", total=len(items))
        found = measure_accuracy(
            firmware,
            items,
            Transcript(),
            Deadline.after(timeout),
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
    if as_json:
        record = {
            "model": job.name,
            "target": target,
            "data": str(data),
            "optimised": summary(firmware.model.optimisations),
            **asdict(found),
        }
        sys.stdout.write(json.dumps(record) + "\n")
    else:
        output.stdout().print(_table(job.name, target, found))
        if drop_softmax:
            output.stdout().print(f"optimised: {summary(firmware.model.optimisations)}")


def _table(model: str, target: str, found: Accuracy) -> Table:
    table = Table(title="Accuracy", title_justify="left", title_style="bold", header_style="bold")
    for name in ("model", "target", "files", "top-1", "AUC"):
        table.add_column(name)
    top1 = "-" if found.top1 is None else f"{found.top1:.1f} % ({found.correct})"
    auc = "-" if found.auc is None else f"{found.auc:.3f}"
    table.add_row(model, target, str(found.files), top1, auc)
    return table
