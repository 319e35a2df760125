"""The command line `tinyhil`: finds the command, runs it, turns errors into one line and an exit code.

Commands are looked up by name and imported only when asked for, so that each starts as fast as what it needs. Those of
`models` and `reports` join through the entry-point group `tinyhil.commands` (harness imports neither).
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

import typer

from harness.errors import TinyhilError

EXIT_CODES = """Exit codes: 0 done; 1 measured, but outputs differ from the reference, or `compare` found a
regression; 2 usage; 3 unknown target or faulty target file; 4 a tool is missing; 5 the model cannot be measured; 6 the
device failed; 7 the firmware did not build; 8 results could not be stored or read; 130 interrupted."""

OWN_COMMANDS = {
    "run": "harness.cli.run:run",
    "layers": "harness.cli.layers:layers",
    "campaign": "harness.cli.campaign:campaign",
    "predict": "harness.cli.predict:predict",
    "feedback": "harness.cli.feedback:feedback",
    "compare": "harness.cli.compare:compare",
    "accuracy": "harness.cli.accuracy:accuracy",
    "timing": "harness.cli.timing:timing",
    "serve": "harness.cli.serve:serve",
    "mlperf": "harness.cli.mlperf:mlperf",
    "targets": "harness.cli.targets:targets",
    "doctor": "harness.cli.doctor:doctor",
    "export": "harness.cli.export:export",
}


def _loaders() -> dict[str, Callable[[], Callable[..., None]]]:
    def own(path: str) -> Callable[[], Callable[..., None]]:
        module, _, name = path.partition(":")
        return lambda: getattr(import_module(module), name)

    found = {name: own(path) for name, path in OWN_COMMANDS.items()}
    for entry in entry_points(group="tinyhil.commands"):
        found.setdefault(entry.name, entry.load)
    return found


def build_app(wanted: str | None = None) -> typer.Typer:
    """Return the typer application with the command `wanted` only, or with all when there is no such command."""
    app = typer.Typer(
        name="tinyhil",
        help="Benchmark TinyML models on boards and emulators: latency, memory, energy.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def _root() -> None:
        """Benchmark TinyML models on boards and emulators: latency, memory, energy."""

    loaders = {wanted: own} if wanted and (own := _own_loader(wanted)) else _loaders()
    for name, load in loaders.items():
        app.command(name)(load())
    return app


def _own_loader(name: str) -> Callable[[], Callable[..., None]] | None:
    """Loader of one command without looking at the others; None when there is no such command."""
    path = OWN_COMMANDS.get(name)
    if path is None:
        return _loaders().get(name)
    module, _, function = path.partition(":")
    return lambda: getattr(import_module(module), function)


def main() -> None:
    """Entry point of the console script."""
    # Reference interpreters are silenced by turning file descriptor 2 elsewhere; what is said here must not get lost.
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    signal.signal(signal.SIGINT, _interrupt)
    arguments = sys.argv[1:]
    wanted = arguments[0] if arguments and not arguments[0].startswith("-") else None
    try:
        build_app(wanted)()
    except TinyhilError as error:
        fail(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG):
            raise
        name = f": {error.filename}" if error.filename else ""
        fail(f"{os.strerror(error.errno)}{name}", 8)


def _interrupt(_signal: int, _frame: object) -> None:
    """Ctrl-C ends at once, whatever the threads wait for: what was measured is stored, and devices die with us."""
    show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
    os.write(2, f"{show_cursor}\ntinyhil: interrupted\n".encode())
    os._exit(130)


def fail(message: str, exit_code: int) -> None:
    """Write one line to stderr and leave with `exit_code`."""
    sys.stderr.write(f"tinyhil: {' '.join(message.split())}\n")
    sys.exit(exit_code)
