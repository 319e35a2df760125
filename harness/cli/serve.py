"""`tinyhil serve`: the serial port of a running device for other clients."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from harness.cli import output
from harness.link.bridge import PtyPort, forward
from harness.link.transcript import Transcript
from harness.measure.choice import choices
from harness.measure.firmware import prepare_firmware
from harness.measure.job import Job
from harness.measure.loaded import loaded_device
from targets.catalogue import load_catalogue
from targets.deadline import Deadline

_START_TIMEOUT_S = 120.0


def serve(
    model: Annotated[Path, typer.Argument(help="int8 .tflite file", show_default=False)],
    target: Annotated[str, typer.Option("--target", "-t", help="what to start")],
    link: Annotated[
        Path | None, typer.Option(help="also offer the port under this name (a symbolic link)")
    ] = None,
    engine: Annotated[str, typer.Option(help="what executes the model: plan, tflm")] = "plan",
    kernels: Annotated[
        str, typer.Option(help="kernel set [default: the engine's own]", show_default=False)
    ] = "",
    deploy: Annotated[
        bool,
        typer.Option("--deploy", help="the image with the model linked in, which survives a reset"),
    ] = False,
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="run the graph as it stands in the file")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the port as JSON on stdout")] = False,
) -> None:
    """Start a device with MODEL loaded and offer its serial port as a pseudo-terminal, until Ctrl-C.

    Clients may come and go; what the device says while nobody listens is dropped.
    """
    found = load_catalogue().target(target)
    (chosen,) = choices(found, (engine,), (kernels,) if kernels else ())
    firmware = prepare_firmware(
        Job(
            model=model,
            target=found,
            engine=chosen[0],
            kernels=chosen[1],
            optimise=not no_optimise,
        ),
        deploy=deploy,
    )
    with suppress(_Ended), _ended_by_signals():
        start = Deadline.after(_START_TIMEOUT_S)
        with loaded_device(firmware, Transcript(), start) as device, PtyPort(link) as port:
            _announce(port, firmware.model.name, found.name, as_json)
            forward(device.device.stream, port)


def _announce(port: PtyPort, model: str, target: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"port": port.name, "model": model, "target": target}) + "\n")
        sys.stdout.flush()
    else:
        output.stdout().print(port.name, soft_wrap=True)
        output.stderr().print(f"{model} on {target}; Ctrl-C ends it")


class _Ended(BaseException):
    """The user has had enough. No Exception, so that nothing on the way takes it for a failure."""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into _Ended, so that everything is cleared away."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # clearing away is not interrupted
        raise _Ended

    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
