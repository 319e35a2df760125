"""Builds the QEMU plugin (targets/timing/plugin, C) for the interface of the QEMU at hand; once, then cached."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from harness.build.cache import ImageCache
from harness.errors import BuildError
from targets.deadline import Deadline
from targets.errors import MissingToolError
from targets.timing.core import PLUGIN

NAME = "tinyhil-timing.so"
_FLAGS = (
    "-std=c11",
    "-O2",
    "-fno-tree-slp-vectorize",  # a wide load waits for the narrow stores before it
    "-g",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror",
)
_BUILD_TIMEOUT_S = 120.0
_TAIL_CHARS = 4000


def source_hash() -> str:
    """SHA-256 over the plugin's sources, hex: its version."""
    digest = hashlib.sha256()
    for path in _sources("*"):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build_plugin(api: int, deadline: Deadline | None = None) -> Path:
    """Return the shared library for version `api` of QEMU's plugin interface, building it if need be.

    Raises:
        MissingToolError: no C compiler of the host.
        BuildError: it did not build, or the cache cannot be written.
    """
    deadline = deadline or Deadline.after(_BUILD_TIMEOUT_S)
    compiler = shutil.which("cc")
    if compiler is None:
        raise MissingToolError(
            "cc",
            "building the timing plugin",
            "install it (Debian, Ubuntu: apt install gcc libc6-dev)",
        )
    identity = hashlib.sha256(repr((source_hash(), api, _FLAGS)).encode()).hexdigest()[:32]
    cache = ImageCache()
    folder = cache.find(identity)
    if folder is None:
        with cache.locked(identity, deadline):
            folder = cache.find(identity)
            if folder is None:
                with cache.workspace(identity) as work:
                    library = work / NAME
                    _compile(compiler, api, library, deadline)
                    folder = cache.keep(identity, {NAME: library}, work)
    return folder / NAME


def _sources(suffix: str) -> list[Path]:
    return sorted(path for path in PLUGIN.glob(f"*.{suffix}") if path.suffix in (".c", ".h"))


def _compile(compiler: str, api: int, library: Path, deadline: Deadline) -> None:
    sources = [str(path) for path in _sources("c")]
    command = [compiler, *_FLAGS, f"-DTM_QEMU_API={api}", "-o", str(library), *sources]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=deadline.remaining_s(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError("the timing plugin did not build in time") from None
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error" in line), "no output")
        raise BuildError(
            f"the timing plugin did not build: {first}", log=done.stderr[-_TAIL_CHARS:]
        )
