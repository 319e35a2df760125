"""Other people's interpreters as oracles: what a model outputs, and the arena that TFLM needs.

The TensorFlow Lite Micro interpreter (wheel `tflite-micro`) comes first; where it is not to be had,
or lacks an operator, LiteRT with its reference kernels (wheel `ai-edge-litert`). Both are C++ that
trusts its file: give them only models that the importer accepted. Their noise on stderr is kept
from the user. The two are not the same to the bit everywhere: LiteRT rounds FULLY_CONNECTED
otherwise than TFLM, by a quantum or two.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType
from harness.errors import UnsupportedModelError
from harness.tflite.reader import read_model

Array = npt.NDArray[Any]
T = TypeVar("T")

MAX_ARENA_BYTES = 1 << 30
_ARENA_SPARE_BYTES = 1 << 20
_TENSOR_SPARE_BYTES = 1024
_REASON_LIMIT = 300
_ALLOCATION = re.compile(r"Arena allocation (total|head|tail) (\d+) bytes")
# File descriptor 2 belongs to the whole process.
_STDERR_LOCK = threading.RLock()


class Oracle(Protocol):
    """Runs one model on the host."""

    @property
    def name(self) -> str:
        """What goes into the record of an output check ("LiteRT 2.3.0 reference kernels")."""

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs, in model order, for the inputs in model order.

        Raises:
            UnsupportedModelError: the interpreter refused the inputs or failed.
        """


@dataclass(frozen=True)
class TflmArena:
    """What TFLM's recording allocator reports after the model was set up, on a 64-bit host.

    Attributes:
        total_bytes: everything.
        activations_bytes: the head: tensors and scratch memory as TFLM's planner placed them.
        persistent_bytes: the tail: TFLM's own structures (larger than on a 32-bit target).
    """

    total_bytes: int
    activations_bytes: int
    persistent_bytes: int


class TflmOracle:
    """The TFLM interpreter, reference kernels."""

    def __init__(self, data: bytes) -> None:
        """Set the model up.

        Raises:
            ImportError: the wheel `tflite-micro` is not installed.
            UnsupportedModelError: TFLM refuses the model.
        """
        from tflite_micro.python.tflite_micro import runtime

        self.name = f"TFLM {metadata.version('tflite_micro')}"
        self._outputs = _output_count(data)
        arena_size = _arena_size(data)
        self._interpreter = _quietly(
            self.name, lambda: runtime.Interpreter.from_bytes(data, arena_size=arena_size)
        )[0]

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """See Oracle.run."""
        return _quietly(self.name, lambda: self._run(inputs))[0]

    def time_ns(self, inputs: Sequence[Array]) -> int:
        """Return what one invoke takes by the host's monotonic clock, the call from Python included. Raises as run."""
        return _quietly(self.name, lambda: self._timed(inputs))[0]

    def arena(self) -> TflmArena:
        """Return what the model took of the arena.

        Raises:
            UnsupportedModelError: this build of TFLM does not report it.
        """
        _, text = _quietly(self.name, self._interpreter.print_allocations)
        found = {kind: int(size) for kind, size in _ALLOCATION.findall(text)}
        if len(found) != 3:
            raise UnsupportedModelError(f"{self.name} does not report its arena")
        return TflmArena(found["total"], found["head"], found["tail"])

    def _timed(self, inputs: Sequence[Array]) -> int:
        for index, value in enumerate(inputs):
            self._interpreter.set_input(np.ascontiguousarray(value), index)
        begin_ns = time.perf_counter_ns()
        self._interpreter.invoke()
        return time.perf_counter_ns() - begin_ns

    def _run(self, inputs: Sequence[Array]) -> list[Array]:
        self._timed(inputs)
        return [np.array(self._interpreter.get_output(i)) for i in range(self._outputs)]


class LitertOracle:
    """The LiteRT interpreter with its reference kernels and no delegate."""

    def __init__(self, data: bytes) -> None:
        """Set the model up.

        Raises:
            ImportError: the wheel `ai-edge-litert` is not installed.
            UnsupportedModelError: LiteRT refuses the model.
        """
        from ai_edge_litert import interpreter

        self.name = f"LiteRT {metadata.version('ai-edge-litert')} reference kernels"
        self._interpreter = _quietly(
            self.name,
            lambda: interpreter.Interpreter(
                model_content=data,
                experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_REF,
            ),
        )[0]
        _quietly(self.name, self._interpreter.allocate_tensors)

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """See Oracle.run."""
        return _quietly(self.name, lambda: self._run(inputs))[0]

    def _run(self, inputs: Sequence[Array]) -> list[Array]:
        details = self._interpreter.get_input_details()
        for detail, value in zip(details, inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], value)
        self._interpreter.invoke()
        return [
            np.array(self._interpreter.get_tensor(detail["index"]))
            for detail in self._interpreter.get_output_details()
        ]


def make_oracle(data: bytes) -> Oracle | None:
    """Return the best oracle that is installed and takes this model; None where there is none.

    Args:
        data: a .tflite file that the importer accepted.
    """
    for kind in (TflmOracle, LitertOracle):
        try:
            return kind(data)
        except (ImportError, UnsupportedModelError):
            continue
    return None


def tflm_arena(data: bytes) -> TflmArena:
    """Return what TFLM takes of the arena for a model.

    Raises:
        ImportError: the wheel `tflite-micro` is not installed.
        UnsupportedModelError: TFLM refuses the model.
    """
    return TflmOracle(data).arena()


def _quietly(name: str, action: Callable[[], T]) -> tuple[T, str]:
    """Run `action` with file descriptor 2, where C++ writes, sent to a file; one thread at a time.

    Returns:
        The action's result and what was written meanwhile.

    Raises:
        UnsupportedModelError: the interpreter `name` raised; with what it wrote.
    """
    with _STDERR_LOCK, tempfile.TemporaryFile() as sink:
        sys.stderr.flush()
        saved = os.dup(2)
        failure: Exception | None = None
        try:
            os.dup2(sink.fileno(), 2)
            result = action()
        except (RuntimeError, ValueError, TypeError) as error:
            failure = error
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        sink.seek(0)
        text = sink.read().decode("utf-8", "replace")
    if failure is not None:
        reason = " ".join((text or str(failure)).split())[:_REASON_LIMIT]
        raise UnsupportedModelError(f"{name} refuses it: {reason}") from failure
    return result, text


def _output_count(data: bytes) -> int:
    return len(read_model(data).subgraphs[0].outputs)


def _arena_size(data: bytes) -> int:
    """Room for every tensor at once, and for TFLM's own structures."""
    size = 2 * len(data) + _ARENA_SPARE_BYTES
    for tensor in read_model(data).subgraphs[0].tensors:
        count = DType[tensor.type].size_bytes if tensor.type in DType.__members__ else 1
        for extent in tensor.shape:
            count *= max(1, extent)
        size += count + _TENSOR_SPARE_BYTES
    if size > MAX_ARENA_BYTES:
        raise UnsupportedModelError(f"an arena of {size:,} bytes is more than the host gives TFLM")
    return size
