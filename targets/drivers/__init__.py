"""The drivers: how to bring each kind of target to life (protocol.py is the contract)."""

from __future__ import annotations

from targets.drivers.plugin import Plugin
from targets.drivers.protocol import Driver
from targets.schema import QemuSettings, Target, TfliteMicroSettings


def driver_for(target: Target, plugin: Plugin | None = None) -> Driver:
    """Return the driver that starts `target`. Starts nothing, needs no tool yet.

    Args:
        target: what to start.
        plugin: the timing plugin, for an emulator that takes one.
    """
    if isinstance(target.driver, QemuSettings):
        from targets.drivers.qemu import QemuDriver

        return QemuDriver(target, target.driver, plugin)
    if isinstance(target.driver, TfliteMicroSettings):
        from targets.drivers.tflite_micro import TfliteMicroDriver

        return TfliteMicroDriver(target)
    from targets.drivers.native import NativeDriver

    return NativeDriver(target)
