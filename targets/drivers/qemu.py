"""Starts an Arm or RISC-V machine in QEMU (6.2 to 10).

The serial port is one end of a socket pair that QEMU inherits: no port number, no name in a file
system, and what the firmware says at boot waits in the socket. A second pair carries QMP, for the
reset. A model reaches the slot through QEMU's loader device from a file in memory; QEMU places it
again at every reset.

QEMU's models of some UARTs do not wake QEMU's main loop when the firmware enables reception. Without
the timers of default devices (-nodefaults) input would then wait for ever, so the firmware reads the
data register once after enabling reception (CMSDK) or starts a timer (nRF51), which do wake it.
"""

from __future__ import annotations

import functools
import re
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from targets.deadline import Deadline
from targets.drivers.image import check_image, check_slot
from targets.drivers.plugin import Plugin
from targets.drivers.process import Child, memory_file
from targets.drivers.protocol import Capability, Finding
from targets.drivers.qmp import QmpClient
from targets.drivers.stream import FdStream
from targets.errors import DeviceGoneError, DeviceStartError, MissingToolError
from targets.schema import QemuSettings, Target

_OLDEST = (6, 2)
_ASK_S = 20.0
_NOISE = "has no peer"  # the machine's network card, which nothing uses
_PLUGIN_APIS = (((9, 1), 3), ((9, 0), 2), ((0,), 1))
"""Oldest QEMU version -> version of the plugin interface, newest first (plugin/qemu_abi.h)."""
_PACKAGES = {"cortex_m": "qemu-system-arm", "riscv": "qemu-system-misc"}


class QemuDevice:
    """A running QEMU; implements protocol.Device."""

    def __init__(self, child: Child, stream: FdStream, qmp: QmpClient) -> None:
        self._child = child
        self._stream = stream
        self._qmp = qmp

    @property
    def stream(self) -> FdStream:
        """See protocol.Device."""
        return self._stream

    @property
    def pid(self) -> int:
        """QEMU's process id."""
        return self._child.pid

    def reset(self, deadline: Deadline) -> None:
        """Reset the machine; RAM and slot get the content they had at the start.

        Raises:
            DeviceGoneError: QEMU has ended.
            DeadlineExceededError: QEMU does not answer.
        """
        self._qmp.execute("system_reset", deadline)

    def alive(self) -> bool:
        """See protocol.Device."""
        return self._child.alive()

    def last_words(self) -> str:
        """See protocol.Device."""
        return self._child.last_words()

    def stop(self) -> None:
        """See protocol.Device."""
        self._child.stop()
        self._qmp.close()
        self._stream.close()

    def __enter__(self) -> QemuDevice:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class QemuDriver:
    """Implements protocol.Driver for targets with driver.kind = "qemu"."""

    def __init__(
        self, target: Target, settings: QemuSettings, plugin: Plugin | None = None
    ) -> None:
        self._target = target
        self._settings = settings
        self._plugin = plugin

    @property
    def capabilities(self) -> Capability:
        """See protocol.Driver."""
        return Capability.PRELOAD | Capability.RESET

    def findings(self) -> list[Finding]:
        """See protocol.Driver."""
        program = self._settings.program
        path = shutil.which(program)
        if path is None:
            return [Finding(program, False, "not found", self._way_out())]
        try:
            return self._findings(path)
        except DeviceStartError as error:
            return [Finding(program, False, str(error), "try it by hand, or reinstall it")]

    def _findings(self, path: str) -> list[Finding]:
        program = self._settings.program
        version = _version(path)
        if version is None:
            return [Finding(program, False, "does not say its version", self._way_out())]
        text = ".".join(map(str, version))
        oldest = ".".join(map(str, _OLDEST))
        if version < _OLDEST:
            return [Finding(program, False, f"QEMU {text}", f"needs QEMU {oldest} or newer")]
        plugins = _takes_plugins(path)
        machine = self._settings.machine
        has = machine in _machines(path)
        return [
            Finding(program, True, f"QEMU {text}"),
            Finding(
                "plugins",
                plugins,
                "supported" if plugins else f"not in this {program}",
                "" if plugins else "install a QEMU built with plugins, or use --timing none",
            ),
            Finding(
                f"machine {machine}",
                has,
                "supported" if has else f"unknown to QEMU {text}",
                "" if has else "install a QEMU that has it, or mend driver.machine of the target",
            ),
        ]

    def version(self) -> str:
        """See protocol.Driver."""
        try:
            version = _version(self._program())
        except DeviceStartError:  # what was measured with it stays
            version = None
        return f"QEMU {'.'.join(map(str, version))}" if version else "QEMU, version unknown"

    def plugin_api(self) -> int:
        """Version of the plugin interface to build for.

        Raises:
            MissingToolError: this QEMU takes no plugins.
            DeviceStartError: it does not answer.
        """
        program = self._program()
        version = _version(program)
        if version is None or not _takes_plugins(program):
            raise MissingToolError(
                program,
                f"the cycle model of {self._target.name}",
                "it was built without plugins: install one that has them"
                " (Debian's and Ubuntu's have), or count instructions with --timing none",
            )
        return next(api for oldest, api in _PLUGIN_APIS if version >= oldest)

    def start(self, image: Path, slot: bytes | None, deadline: Deadline) -> QemuDevice:
        """See protocol.Driver. Returns once QEMU has built the machine."""
        program = self._program()
        check_slot(self._target, slot)
        check_image(self._target, image)
        name = self._target.name
        with ExitStack() as undo, ExitStack() as childs:
            link, link_child = socket.socketpair()
            qmp, qmp_child = socket.socketpair()
            childs.callback(link_child.close)
            childs.callback(qmp_child.close)
            fds = [link_child.fileno(), qmp_child.fileno()]
            if slot:
                fds.append(childs.enter_context(memory_file("tinyhil-slot", slot)))
            arguments = self._arguments(image, *fds)
            if self._plugin is not None:
                text = self._plugin.parameters.encode()
                fds.append(childs.enter_context(memory_file("tinyhil-timing", text)))
                arguments += _plugin_arguments(self._plugin, fds[-1])
            try:
                child = Child([program, *arguments], pass_fds=fds, noise=_NOISE)
            except OSError as error:
                link.close()
                qmp.close()
                raise DeviceStartError(f"{program}: {error.strerror}", target=name) from None
            device = QemuDevice(
                child,
                FdStream(link.detach(), name, child.last_words),
                client := QmpClient(FdStream(qmp.detach(), name, child.last_words), name),
            )
            undo.callback(device.stop)
            childs.close()  # else the line would stay open when QEMU ends
            try:
                client.negotiate(deadline)
            except DeviceGoneError:
                child.stop()
                raise DeviceStartError(
                    "QEMU did not start", target=name, phase="start", detail=child.last_words()
                ) from None
            undo.pop_all()
            return device

    def _program(self) -> str:
        path = shutil.which(self._settings.program)
        if path is None:
            raise MissingToolError(self._settings.program, self._target.name, self._way_out())
        return path

    def _way_out(self) -> str:
        return f"install it (Debian, Ubuntu: apt install {_PACKAGES[self._target.family]})"

    def _arguments(self, image: Path, link: int, qmp: int, slot: int | None = None) -> list[str]:
        settings = self._settings
        arguments = ["-M", settings.machine, "-nodefaults", "-no-user-config", "-display", "none"]
        arguments += ["-icount", f"shift={settings.icount_shift}"]
        arguments += ["-chardev", f"socket,id=link,fd={link}", "-serial", "chardev:link"]
        arguments += ["-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control"]
        if self._target.family == "riscv":
            arguments += ["-bios", "none"]  # ours is the first program, not OpenSBI
        arguments += ["-kernel", str(image)]
        if slot is not None:
            address = self._target.memory.slot.origin
            loader = f"loader,file=/dev/fd/{slot},addr={address:#x},force-raw=on"
            arguments += ["-device", loader]
        return arguments


def _plugin_arguments(plugin: Plugin, parameters: int) -> list[str]:
    options = {
        "file": str(plugin.library),
        "isa": plugin.isa,
        "params": f"/dev/fd/{parameters}",
        **({"log": str(plugin.log)} if plugin.log else {}),
    }
    # QEMU's lists have commas between the options; one within a value is written twice.
    return [
        "-plugin",
        ",".join(f"{key}={value.replace(',', ',,')}" for key, value in options.items()),
    ]


def _ask(path: str, *arguments: str) -> str:
    """Return what QEMU prints. Raises DeviceStartError: it does not run, hangs, or is killed."""
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, text=True, timeout=_ASK_S, check=False
        )
    except subprocess.TimeoutExpired:
        why = f"no answer in {_ASK_S:g} s"
    except OSError as error:
        why = error.strerror or str(error)
    else:
        if done.returncode >= 0:
            return done.stdout
        why = f"killed by signal {-done.returncode}"
    raise DeviceStartError(f"{path} {' '.join(arguments)}: {why}", phase="start")


@functools.lru_cache
def _version(path: str) -> tuple[int, ...] | None:
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", _ask(path, "--version"))
    return tuple(int(part) for part in found.groups()) if found else None


@functools.lru_cache
def _takes_plugins(path: str) -> bool:
    return "-plugin " in _ask(path, "--help")


@functools.lru_cache
def _machines(path: str) -> frozenset[str]:
    lines = _ask(path, "-M", "help").splitlines()
    return frozenset(line.split()[0] for line in lines[1:] if line.split())
