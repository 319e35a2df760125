"""CMSIS-NN 4.0.0, as the PyPI package bakenn carries it: copied out through its public bundle, and checked.

Every file must have the SHA-256 that cmsis_nn.sha256 beside this module gives; nothing else is built.
"""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

from harness.errors import BuildError
from targets.errors import MissingToolError

NAME = "cmsis-nn"
IDENTITY = "TINYHIL_CMSIS_NN_SHA256"
"""The CMake variable by which an image's identity knows the sources, wherever they were copied from."""

_LIST = Path(__file__).with_suffix(".sha256")
_PACKAGE = "bakenn"
_KERNELS = (
    "cmsis_nn.linear_s8.v4.0.0",
    "cmsis_nn.conv2d_s8.v4.0.0",
    "cmsis_nn.depthwise_conv2d_s8.v4.0.0",
    "cmsis_nn.average_pool2d_s8.v4.0.0",
    "cmsis_nn.max_pool2d_s8.v4.0.0",
)
_INSTALL = "pip install 'tinyhil[cmsis-nn]'"


def list_sha256() -> str:
    """SHA-256 of the list of all sources' hashes."""
    return hashlib.sha256(_LIST.read_bytes()).hexdigest()


def bundle(folder: Path) -> Path:
    """Copy CMSIS-NN's sources below `folder`; return the folder that has cmsis_nn/ and cmsis_core/ in it.

    Raises:
        MissingToolError: the package is not installed.
        BuildError: a file is not the one that was tested.
    """
    try:
        package = importlib.import_module(f"{_PACKAGE}.backend.cmsis_nn")
    except ImportError:
        raise MissingToolError(
            "CMSIS-NN", f"kernel set '{NAME}'", f"install it: {_INSTALL}"
        ) from None
    try:
        root = Path(package.bundle_kernels(folder, _KERNELS).root)
    except OSError as error:
        raise BuildError(f"CMSIS-NN cannot be copied to {folder}: {error}") from None
    check(root)
    return root


def check(root: Path) -> None:
    """Compare every file below `root` with the list.

    Raises:
        BuildError: one is missing, another or not on the list.
    """
    lines = (line.split("  ") for line in _LIST.read_text("ascii").splitlines())
    wanted = {name: sha256 for sha256, name in lines}
    found = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise BuildError(
                f"CMSIS-NN's {name} is not that of {_PACKAGE} 1.0.0 (SHA-256 differs); "
                f"install that version: {_INSTALL}"
            )
