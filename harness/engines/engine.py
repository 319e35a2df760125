"""What an engine is: how a model is packed for it, and what its images are built of.

The plan engine (harness/engines/plan) is tinyhil's own, the tflm engine (harness/engines/tflm) is
TensorFlow Lite for Microcontrollers. harness/engines/registry.py finds them by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.engines.plan.compile import LayerInfo, TensorInfo
from harness.engines.plan.optimise import Optimisation
from targets.schema import Target


class PackedModel(Protocol):
    """A model, ready for the target's model slot."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def sha256(self) -> str:
        """Of the .tflite file, hex."""

    @property
    def blob(self) -> bytes:
        """The slot's content."""

    @property
    def arena_bytes(self) -> int | None:
        """Working memory; None where only the engine itself can tell, on the device."""

    @property
    def lower_bound_bytes(self) -> int:
        """No engine that runs one operator after another can need less."""

    @property
    def state_bytes(self) -> int:
        """Of variables, which keep their content between inferences."""

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""

    @property
    def steps(self) -> Sequence[LayerInfo]:
        """What the engine reports a layer event for, in execution order."""

    @property
    def inputs(self) -> Sequence[TensorInfo]:
        """In model order."""

    @property
    def outputs(self) -> Sequence[TensorInfo]:
        """In model order."""

    @property
    def optimisations(self) -> Sequence[Optimisation]:
        """What was done to the file's graph."""

    @property
    def output_tensors(self) -> Sequence[int]:
        """Indices of the outputs in the .tflite file."""

    @property
    def opcodes(self) -> frozenset[str]:
        """Names of the operators' implementations that an image with this model needs."""

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs, one after another."""

    @property
    def output_bytes(self) -> int:
        """Bytes of all outputs, one after another."""


@dataclass(frozen=True)
class ImageParts:
    """What an engine adds to an image beside the firmware's sources.

    Attributes:
        variables: of firmware/CMakeLists.txt; part of the image's identity.
        places: further variables, which say where things lie on this machine; not part of it.
        cxx: whether a C++ compiler is needed.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    cxx: bool = False


@dataclass(frozen=True)
class Origin:
    """Whose code executes the model, for a measurement's provenance; empty for tinyhil's own.

    Attributes:
        name: with version, in words.
        sha256: of the library that was linked, hex.
    """

    name: str = ""
    sha256: str = ""


class Engine(Protocol):
    """Executes models; without state."""

    @property
    def name(self) -> str:
        """As users write it, and as the firmware says it."""

    def kernel_sets(self, target: Target) -> Sequence[str]:
        """Return the names that may be asked for on `target`, the default first.

        Raises:
            MissingToolError: the engine's library is missing.
        """

    def pack(
        self,
        data: bytes,
        name: str,
        target: Target,
        kernels: str,
        *,
        optimise: bool,
        without_softmax: bool = False,
    ) -> PackedModel:
        """Return the .tflite `data` as the engine takes it. Whether it fits is the caller's question.

        optimise: make exact optimisations of the graph, where the engine knows any.
        without_softmax: drop a final SOFTMAX.

        Raises:
            ModelFileError: not a .tflite file, or corrupt.
            UnsupportedModelError: valid, but this engine cannot run it.
            MissingToolError: the engine's library is missing.
            UsageError: no such kernel set.
        """

    def bench_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """Return what a bench image that can run `model` is built of. Raises as `pack`."""

    def deploy_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """Return what a deploy image of `model` is built of. Raises as `pack`."""

    def origin(self, target: Target, kernels: str) -> Origin:
        """Return whose code it is. Raises as `pack`."""
