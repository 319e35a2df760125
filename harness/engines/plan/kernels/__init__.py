"""Kernel sets: which kernels an image has, and how lowered steps are rewritten for them.

lower() makes every step one of a reference kernel. A kernel set then replaces those for which it has
something better (specialise): another opcode, weights laid out for it, scratch memory, tighter
sharing. What it leaves falls to the reference kernels, which every image has; so do layers of shapes for
which these were measured to be faster (tuning).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harness.engines.plan.graph import Graph
from harness.engines.plan.kernels import cmsis_nn, dsp, mve, scalar
from harness.engines.plan.kernels.tuning import Tuning, tuning
from harness.engines.plan.lifetimes import lower_bound_bytes
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.program import Program, Step
from harness.errors import UsageError
from targets.schema import Simd

KERNEL_SETS = ("reference", "cmsis-nn", "fast")
"""Names, as users write them."""

Rewrite = Callable[[Step, Graph], Step | None]
"""From a reference kernel's step to the set's own; None: leave it."""


@dataclass(frozen=True)
class KernelSet:
    """One kernel set for one kind of core.

    Attributes:
        name: as users write it.
        folder: of its sources, below firmware/kernels.
        abi: enum th_kernel_abi (firmware/engines/plan/plan_format.h).
        rewrites: by the reference kernel's opcode.
        compact: from a step of the set to a slower one that needs less memory, by the set's opcode.
        tuning: for which shapes the reference kernels stay, if any were measured.
    """

    name: str
    folder: str
    abi: int
    rewrites: Mapping[Opcode, Rewrite] = field(default_factory=dict)
    compact: Mapping[Opcode, Rewrite] = field(default_factory=dict)
    tuning: Tuning | None = None


REFERENCE = KernelSet("reference", "reference", abi=1)
FAST_SCALAR = KernelSet(
    "fast",
    "fast/scalar",
    abi=3,
    rewrites={
        Opcode.CONV_2D_S8: scalar.conv_2d,
        Opcode.DEPTHWISE_CONV_2D_S8: scalar.depthwise_conv_2d,
        Opcode.FULLY_CONNECTED_S8: scalar.fully_connected,
    },
    tuning=tuning("none"),
)
FAST_DSP = KernelSet(
    "fast",
    "fast/dsp",
    abi=4,
    rewrites={
        Opcode.CONV_2D_S8: dsp.conv_2d,
        Opcode.DEPTHWISE_CONV_2D_S8: dsp.depthwise_conv_2d,
        Opcode.FULLY_CONNECTED_S8: dsp.fully_connected,
    },
    tuning=tuning("dsp"),
)
FAST_MVE = KernelSet(
    "fast",
    "fast/mve",
    abi=5,
    rewrites={
        Opcode.ADD_S8: mve.add,
        Opcode.AVERAGE_POOL_2D_S8: mve.average_pool_2d,
        Opcode.MAX_POOL_2D_S8: mve.max_pool_2d,
        Opcode.CONV_2D_S8: mve.conv_2d,
        Opcode.DEPTHWISE_CONV_2D_S8: mve.depthwise_conv_2d,
        Opcode.FULLY_CONNECTED_S8: mve.fully_connected,
    },
    compact={Opcode.MVE_CONV_1X1_S8: mve.conv_in_place},
    tuning=tuning("mve"),
)


def _cmsis_nn(simd: Simd) -> KernelSet:
    return KernelSet("cmsis-nn", "cmsis_nn", abi=2, rewrites=cmsis_nn.rewrites(simd))


def kernel_set(name: str, simd: Simd) -> KernelSet:
    """Return the set `name` for cores with the vector instructions `simd`.

    Raises:
        UsageError: there is none.
    """
    found = _SETS.get((name, simd))
    if found is None:
        raise UsageError(
            f"kernel set '{name}' is not there for this core; there is: {', '.join(kernel_sets(simd))}"
        )
    return found


def kernel_sets(simd: Simd) -> tuple[str, ...]:
    """Return the names of the sets for cores with the vector instructions `simd`, the default first."""
    return tuple(name for name in KERNEL_SETS if (name, simd) in _SETS)


def specialise(program: Program, kernels: KernelSet) -> Program:
    """Rewrite the steps of `program`, lowered for the reference kernels, for `kernels`.

    Reference kernels stay where the set's tuning prefers them, all or none: only if the network needs no more memory.
    """
    own = _rewritten(program, kernels.rewrites)
    mixed = _mixed(program, own, kernels.tuning)
    own = _compacted(own, kernels)
    if mixed is None:
        return own
    mixed = _compacted(mixed, kernels)
    return mixed if lower_bound_bytes(mixed) <= lower_bound_bytes(own) else own


def _mixed(program: Program, own: Program, tuning: Tuning | None) -> Program | None:
    """`own` with the steps of `program` that the tuning prefers to its; None if there are none."""
    kept = {
        index: step
        for index, (step, new) in enumerate(zip(program.steps, own.steps, strict=True))
        if tuning and new is not step and tuning.prefers_reference(step, Opcode(new.opcode))
    }
    if not kept:
        return None
    return replace(own, steps=tuple(kept.get(i, step) for i, step in enumerate(own.steps)))


def _compacted(program: Program, kernels: KernelSet) -> Program:
    """The program with compact steps where it then needs less memory, all or none."""
    compact = _rewritten(program, kernels.compact)
    return compact if lower_bound_bytes(compact) < lower_bound_bytes(program) else program


def _rewritten(program: Program, rewrites: Mapping[Opcode, Rewrite]) -> Program:
    steps = []
    for step in program.steps:
        rewrite = rewrites.get(Opcode(step.opcode))
        steps.append((rewrite and rewrite(step, program.graph)) or step)
    return replace(program, steps=tuple(steps))


_SETS: Mapping[tuple[str, Simd], KernelSet] = {
    ("reference", "none"): REFERENCE,
    ("reference", "dsp"): REFERENCE,
    ("reference", "mve"): REFERENCE,
    ("cmsis-nn", "none"): _cmsis_nn("none"),
    ("cmsis-nn", "dsp"): _cmsis_nn("dsp"),
    ("cmsis-nn", "mve"): _cmsis_nn("mve"),
    ("fast", "none"): FAST_SCALAR,
    ("fast", "dsp"): FAST_DSP,
    ("fast", "mve"): FAST_MVE,
}
