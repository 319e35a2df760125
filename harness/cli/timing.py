"""`tinyhil timing`: micro-benchmarks and kernels on one target."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from harness.cli import output
from harness.link.transcript import Transcript
from harness.microbench.device import Bench
from harness.microbench.figures import per_unit
from harness.timing.model import cycle_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline


def timing(
    target: Annotated[str, typer.Option("--target", "-t", help="where to run them")],
    timeout: Annotated[float, typer.Option(help="limit, seconds")] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on stdout")] = False,
) -> None:
    """Run micro-benchmarks on a target."""
    where = load_catalogue().target(target)
    deadline = Deadline.after(timeout)
    bench = Bench.of(where, cycle_model(where), deadline)
    samples = bench.run(bench.list(Transcript(), deadline), 1, Transcript(), deadline)
    figures = per_unit(samples)
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, value in figures.items():
            output.stdout().print(name, value)
        output.stdout().print([(s.benchmark.name, s.checksum) for s in samples])
