"""The drivers: how to bring each kind of target to life (protocol.py is the contract)."""

from __future__ import annotations

from targets.drivers.protocol import Driver
from targets.schema import QemuSettings, Target


def driver_for(target: Target) -> Driver:
    """Return the driver that starts `target`. Starts nothing, needs no tool yet."""
    if isinstance(target.driver, QemuSettings):
        from targets.drivers.qemu import QemuDriver

        return QemuDriver(target, target.driver)
    from targets.drivers.native import NativeDriver

    return NativeDriver(target)
