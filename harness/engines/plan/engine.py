"""The plan engine behind the interface of harness/engines/engine.py."""

from __future__ import annotations

from collections.abc import Sequence

from harness.engines.engine import ImageParts, Origin, PackedModel
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.plan.kernels import kernel_set, kernel_sets
from targets.schema import Target


class PlanEngine:
    """Compiles on the host, walks the plan on the target."""

    name = "plan"

    def kernel_sets(self, target: Target) -> Sequence[str]:
        """See Engine."""
        return kernel_sets(target.core.simd)

    def pack(
        self,
        data: bytes,
        name: str,
        target: Target,
        kernels: str,
        *,
        optimise: bool,
        without_softmax: bool = False,
    ) -> CompiledModel:
        """See Engine."""
        return compile_model(
            data,
            name,
            kernel_set(kernels, target.core.simd),
            optimise=optimise,
            without_softmax=without_softmax,
        )

    def bench_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """See Engine. A bench image has every kernel of the set."""
        return ImageParts()

    def deploy_parts(self, target: Target, kernels: str, model: PackedModel) -> ImageParts:
        """See Engine."""
        return ImageParts({"TINYHIL_DEPLOY_OPS": ";".join(sorted(model.opcodes))})

    def origin(self, target: Target, kernels: str) -> Origin:
        """See Engine."""
        return Origin()
