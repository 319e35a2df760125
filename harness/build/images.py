"""Bench images: firmware with a model slot, one per target, engine and kernel set.

Built once, then found in the cache under the hash of all that goes in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.build import cmake, cmsis_nn
from harness.build.cache import ImageCache
from harness.build.config import IMAGE_ID_BYTES, board_config, cmake_variables, linker_script
from harness.build.sources import firmware_dir, hash_sources
from harness.build.toolchain import Toolchain, find_build_tools, find_cxx, find_toolchain
from harness.engines.engine import ImageParts
from targets.deadline import Deadline
from targets.schema import Target

_RECIPE = 1  # counts up when this module builds differently from the same inputs
ELF, MAP = "tinyhil.elf", "tinyhil.map"
_LINKER_TEMPLATE = Path("board", "mcu", "linker.ld.in")


@dataclass(frozen=True)
class Image:
    """A built firmware.

    Attributes:
        elf, map: paths in the image cache.
        image_id: 32 hex digits, the hash of all that went in; the firmware says it in HELLO.
        target, engine, kernels: names.
        compiler: its first line about itself.
        cached: whether it was there already.
    """

    elf: Path
    map: Path
    image_id: str
    target: str
    engine: str
    kernels: str
    compiler: str
    cached: bool


def build_image(
    target: Target,
    engine: str,
    kernels: str,
    deadline: Deadline,
    parts: ImageParts = ImageParts(),  # noqa: B008 (frozen)
) -> Image:
    """Return the bench image of `target` with `engine`, its `parts` and `kernels`, building it if need be.

    Raises:
        MissingToolError: a compiler, build tool or kernel library is missing.
        BuildError: it did not build, or the cache cannot be written.
    """
    return build(target, engine, kernels, parts, None, deadline)


def build(
    target: Target,
    engine: str,
    kernels: str,
    parts: ImageParts,
    model: bytes | None,
    deadline: Deadline,
) -> Image:
    """Build with an engine's `parts` and, for a deploy image, the blob `model`.

    Raises:
        MissingToolError: a compiler, build tool or kernel library is missing.
        BuildError: it did not build, or the cache cannot be written.
    """
    toolchain = find_toolchain(target)
    source = firmware_dir()
    variables = {**cmake_variables(target, engine, kernels), **parts.variables}
    if kernels == cmsis_nn.NAME:
        variables[cmsis_nn.IDENTITY] = cmsis_nn.list_sha256()
    deploy = model is not None
    files = {"board_config.h": board_config(target, bytes(IMAGE_ID_BYTES), deploy=deploy).encode()}
    if target.family != "native":
        template = (source / _LINKER_TEMPLATE).read_text(encoding="utf-8")
        files["linker.ld"] = linker_script(template, target, deploy=deploy).encode()
    if model is not None:
        files["model.bin"] = model
    image_id = _identity(hash_sources(source, target.family), toolchain, variables, files)
    cache = ImageCache()
    folder = cache.find(image_id)
    cached = folder is not None
    if folder is None:
        with cache.locked(image_id, deadline):
            folder = cache.find(image_id)  # another process may have built it meanwhile
            if folder is None:
                files["board_config.h"] = board_config(
                    target, bytes.fromhex(image_id), deploy=deploy
                ).encode()
                folder = _build(
                    cache,
                    image_id,
                    source,
                    toolchain,
                    replace(parts, variables=variables),
                    files,
                    deadline,
                )
    return Image(
        elf=folder / ELF,
        map=folder / MAP,
        image_id=image_id,
        target=target.name,
        engine=engine,
        kernels=kernels,
        compiler=toolchain.version,
        cached=cached,
    )


def _identity(
    sources: str, toolchain: Toolchain, variables: Mapping[str, str], files: Mapping[str, bytes]
) -> str:
    """Hash everything that goes in, the image id's own place left zero; 32 hex digits."""
    inputs = {
        "recipe": _RECIPE,
        "sources": sources,
        "compiler": toolchain.version,
        "variables": dict(variables),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    text = json.dumps(inputs, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[: 2 * IMAGE_ID_BYTES]


def _build(
    cache: ImageCache,
    image_id: str,
    source: Path,
    toolchain: Toolchain,
    parts: ImageParts,
    files: Mapping[str, bytes],
    deadline: Deadline,
) -> Path:
    tools = find_build_tools(toolchain)
    with cache.workspace(image_id) as work:
        config = work / "config"
        config.mkdir()
        for name, content in files.items():
            (config / name).write_bytes(content)
        defines = {
            **parts.variables,
            **parts.places,
            "TINYHIL_CONFIG_DIR": str(config),
            "CMAKE_C_COMPILER": str(toolchain.compiler),
        }
        if parts.cxx:
            defines["CMAKE_CXX_COMPILER"] = str(find_cxx(toolchain))
        if "model.bin" in files:
            defines["TINYHIL_DEPLOY_BLOB"] = str(config / "model.bin")
        if toolchain.family != "host":
            file = source / "cmake" / f"{toolchain.family}.cmake"
            defines["CMAKE_TOOLCHAIN_FILE"] = str(file)
        build_dir = work / "build"
        if cmsis_nn.IDENTITY in parts.variables:
            defines["TINYHIL_CMSIS_NN_DIR"] = str(cmsis_nn.bundle(build_dir / "kernels"))
        cmake.build(tools, source, build_dir, defines, deadline)
        return cache.keep(image_id, {ELF: build_dir / ELF, MAP: build_dir / MAP}, work)
