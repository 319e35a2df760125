"""The engine tflm behind the interface of harness/engines/engine.py."""

from __future__ import annotations

from collections.abc import Sequence

from harness.engines.engine import ImageParts, Origin, PackedModel
from harness.engines.tflm.library import Library, find_libraries
from harness.engines.tflm.operators import resolver_methods
from harness.engines.tflm.pack import TflmModel, pack_model
from harness.errors import UsageError
from targets.schema import Target


class TflmEngine:
    """TensorFlow Lite for Microcontrollers. An image has the operators of its model and no others.

    Its kernel sets are the libraries that were built: "tflm" has TFLM's reference kernels, "tflm+cmsis-nn" those of
    CMSIS-NN where there is one.
    """

    name = "tflm"

    def kernel_sets(self, target: Target) -> Sequence[str]:
        """See Engine."""
        return [library.kernels for library in find_libraries(target)]

    def pack(
        self,
        data: bytes,
        name: str,
        target: Target,
        kernels: str,
        *,
        optimise: bool,
        without_softmax: bool = False,
    ) -> TflmModel:
        """See Engine. TFLM runs every graph as it stands (Job refuses `without_softmax`)."""
        library = _library(target, kernels)
        return pack_model(data, name, resolver_methods(library.root))

    def bench_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """See Engine. Another set of operators makes another image."""
        library = _library(target, kernels)
        methods = resolver_methods(library.root)
        return ImageParts(
            variables={
                "TINYHIL_TFLM_SHA256": library.sha256,
                "TINYHIL_TFLM_DEFINES": ";".join(library.defines),
                "TINYHIL_TFLM_ADD_OPS": ";".join(sorted({methods[op] for op in model.opcodes})),
            },
            places={
                "TINYHIL_TFLM_LIBRARY": str(library.path),
                "TINYHIL_TFLM_INCLUDES": ";".join(str(path) for path in library.includes),
            },
            cxx=True,
        )

    def deploy_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """See Engine."""
        return self.bench_parts(target, kernels, model)

    def origin(self, target: Target, kernels: str) -> Origin:
        """See Engine."""
        library = _library(target, kernels)
        return Origin(library.version, library.sha256)


def _library(target: Target, kernels: str) -> Library:
    found = find_libraries(target)
    for library in found:
        if library.kernels == kernels:
            return library
    raise UsageError(
        f"engine tflm has no kernels '{kernels}' for {target.name}; there is: {', '.join(x.kernels for x in found)}"
    )
