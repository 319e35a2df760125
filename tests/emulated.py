"""Names of the emulated targets that a test goes through."""

from __future__ import annotations

from targets.catalogue import load_catalogue


def emulated() -> tuple[str, ...]:
    """All of them."""
    return tuple(name for name in load_catalogue().names() if name.startswith("qemu-"))


def one_per_machine() -> tuple[str, ...]:
    """One for every machine of QEMU and core: twins of parts share theirs with another target."""
    found: dict[tuple[str, str], str] = {}
    for name in emulated():
        target = load_catalogue().target(name)
        assert target.driver.kind == "qemu"
        found.setdefault((target.driver.machine, target.core.name), name)
    return tuple(found.values())
