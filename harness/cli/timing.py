"""`tinyhil timing`: micro-benchmarks and kernels on one target, by hand and against a board."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.status import Status as Spinner

from harness.cli import output, timing_output
from harness.cli.jobs import timing_mode
from harness.errors import UsageError
from harness.files import write_atomic
from harness.link.transcript import Transcript
from harness.microbench.device import Bench
from harness.microbench.document import Document, entries, read_document
from harness.microbench.emulated import checked, model_measure, ranges_of
from harness.microbench.expected import Conditions, checksums, expected_counts
from harness.microbench.figures import Figure, figures_of
from harness.microbench.fit import Fit, fit
from harness.microbench.fit import Target as Goal
from harness.microbench.fragment import toml_fragment
from harness.microbench.suite import Benchmark, Kind
from harness.timing.model import CycleModel, cycle_model, default_parameters
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.schema import Target

_REPEATS = {"modelled": 1, "measured": 7}
_RUN_TIMEOUT_S = 120.0


def timing(
    target: Annotated[str, typer.Option("--target", "-t", help="where to run them")],
    against: Annotated[
        Path | None,
        typer.Option(help="a board's figures, written with --out: compare, and fit the model"),
    ] = None,
    fitted: Annotated[
        bool, typer.Option("--fit/--no-fit", help="fit the model's parameters to --against")
    ] = True,
    fragment: Annotated[
        Path | None, typer.Option(help="write what the fit changed to this TOML file")
    ] = None,
    mode: Annotated[
        str, typer.Option("--timing", help="emulated time: auto, core, memory, none")
    ] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE of the timing model, instead of the catalogue's"),
    ] = None,
    repeat: Annotated[
        int | None, typer.Option(help="how often [default: 1 emulated, 7 real]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="also write the figures to this file")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="fail (1) where a count differs from the one by hand")
    ] = False,
    timeout: Annotated[float, typer.Option(help="limit of one run of all, seconds")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on stdout")] = False,
) -> None:
    """Run micro-benchmarks and general-purpose kernels on a target.

    Shows what one unit of each takes beside the count derived by hand from the core's manual. With --against, beside a
    board's figures too; an emulator's timing model is then fitted to these.
    """
    where = load_catalogue().target(target)
    board = read_document(against) if against else None
    if repeat is not None and not 1 <= repeat <= 1000:
        raise UsageError(f"repeats must be 1 to 1000, not {repeat}")
    if fragment is not None and not (board and fitted):
        raise UsageError("--fragment needs --against, and a fit")
    model, parameters = _model(where, mode, settings or [])
    with _progress() as progress:
        deadline = Deadline.after(timeout)
        bench = Bench.of(where, model, deadline, progress)
        benchmarks = bench.list(Transcript(), deadline)
        times = repeat or _REPEATS[where.timing.kind]
        figures = figures_of(bench.run(benchmarks, times, Transcript(), deadline))
        document = _document(bench, figures, times)
        if out is not None:
            write_atomic(out, document.text().encode())
        found = None
        if board is not None:
            _check_comparable(document, board)
            if fitted and model is not None:
                found = _fit(bench, model, parameters, benchmarks, board, progress)
    if fragment is not None and found is not None:
        source = f"{board.target if board else ''}, {against.name if against else ''}"
        text = toml_fragment(found, parameters, where.core.name, source)
        write_atomic(fragment, text.encode())
    rows = _rows(where, model, figures)
    if as_json:
        sys.stdout.write(_json(document, board, found))
    else:
        _show(document, rows, board, found)
    if timing_output.wrong_checksums(figures) or (check and any(row.differs for row in rows)):
        raise typer.Exit(1)


def _model(
    where: Target, mode: str, settings: Sequence[str]
) -> tuple[CycleModel | None, Mapping[str, int]]:
    model = cycle_model(where, timing_mode(mode))
    if model is None:
        if settings:
            raise UsageError(f"--set: {where.name} counts without a timing model here")
        return None, {}
    parameters = default_parameters(where, model.mode)
    if settings:
        parameters = checked(parameters, dict(_setting(each) for each in settings))
        model = cycle_model(where, model.mode, parameters)
    return model, parameters


def _setting(text: str) -> tuple[str, int]:
    key, _, value = text.partition("=")
    if not key or not value.isdecimal():
        raise UsageError(f"--set '{text}': must be KEY=VALUE, the value a whole number")
    return key, int(value)


class _Quiet:
    def __call__(self, _: str) -> None:
        return


class _Spinning:
    def __init__(self, spinner: Spinner) -> None:
        self._spinner = spinner

    def __enter__(self) -> _Spinning:
        self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def __call__(self, what: str) -> None:
        self._spinner.update(what)


def _progress() -> AbstractContextManager[_Quiet | _Spinning]:
    if not sys.stderr.isatty():
        return nullcontext(_Quiet())
    return _Spinning(Spinner("starting", console=output.stderr()))


def _document(bench: Bench, figures: Sequence[Figure], repeats: int) -> Document:
    where, model = bench.target, bench.cycle_model
    return Document(
        target=where.name,
        core=where.core.name,
        unit="cycles" if model else where.timing.unit,
        timing_model=model.name if model else where.timing.model,
        timing_sha256=model.sha256 if model else "",
        clock_hz=where.clock_hz,
        image_id=bench.image.image_id,
        compiler=bench.image.compiler,
        repeats=repeats,
        benchmarks=entries(figures),
    )


def _check_comparable(document: Document, board: Document) -> None:
    if board.core != document.core:
        raise UsageError(f"--against is of {board.core}, {document.target} is {document.core}")
    if board.unit != document.unit:
        raise UsageError(f"--against counts {board.unit}, {document.target} {document.unit}")


def _fit(
    bench: Bench,
    model: CycleModel,
    parameters: Mapping[str, int],
    benchmarks: Sequence[Benchmark],
    board: Document,
    progress: _Quiet | _Spinning,
) -> Fit:
    goals = {
        entry.name: Goal(entry.count, entry.spread)
        for entry in board.benchmarks
        if entry.kind != "kernel"
    }
    shared = goals.keys() & {b.name for b in benchmarks if b.kind is not Kind.KERNEL}
    if not shared:
        raise UsageError("--against has no benchmark of this image")
    measure = model_measure(bench, model.mode, benchmarks, shared, _RUN_TIMEOUT_S)
    return fit(measure, parameters, goals, ranges_of(parameters), os.cpu_count() or 1, progress)


def _rows(
    where: Target, model: CycleModel | None, figures: Sequence[Figure]
) -> list[timing_output.Row]:
    known = expected_counts(where.core.name)
    counts_cycles = model is not None or where.timing.unit == "cycles"
    if known is None or not counts_cycles:
        return [timing_output.Row(figure, None, 0.0) for figure in figures]
    emulated = model is not None
    slow = where.memory_timing is not None
    conditions = Conditions(
        zero_wait_states=model is not None and (model.mode == "core" or not slow),
        unaligned_charged=not emulated or (model is not None and model.mode == "memory"),
    )
    return [
        timing_output.Row(figure, known.find(figure.benchmark, conditions), known.tolerance)
        for figure in figures
    ]


def _json(document: Document, board: Document | None, found: Fit | None) -> str:
    if board is None:
        return document.text()
    whole: dict[str, Any] = {
        "schema": 1,
        "measured": document.model_dump(by_alias=True),
        "against": board.model_dump(by_alias=True),
        "fit": None,
    }
    if found is not None:
        parameters = [{**asdict(p), "status": p.status.value} for p in found.parameters]
        whole["fit"] = {**asdict(found), "parameters": parameters, "worst": found.worst}
    return json.dumps(whole, indent=2) + "\n"


def _show(
    document: Document,
    rows: Sequence[timing_output.Row],
    board: Document | None,
    found: Fit | None,
) -> None:
    console = output.stdout()
    console.print(timing_output.benchmark_table(document, rows, board, found))
    for line in timing_output.summary(rows):
        console.print(line, soft_wrap=True)
    if found is not None:
        console.print(timing_output.parameter_table(found))
        for line in timing_output.fit_summary(found):
            console.print(line, soft_wrap=True)
    wrong = timing_output.wrong_checksums([row.figure for row in rows])
    for name in wrong:
        console.print(f"[bold red]{name}: wrong solution, not {checksums()[name]:#010x}[/]")
