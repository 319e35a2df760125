"""The [timing] table of a core file: what its instructions cost, each figure with its source.

Classes of instructions are those of plugin/classes.h, the rules' meaning is that of plugin/pipeline.h.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from targets.record import Record, Strings, Text

PLUGIN = Path(__file__).parent / "plugin"
_PAIRS = {"first": 1, "second": 2, "both": 3}
_SIMPLE = 4

Cycles = Annotated[int, Field(ge=0, le=255)]
Parameters = dict[str, int]
"""What the plugin is told: key -> value, see plugin/params.h."""


@functools.lru_cache
def instruction_classes() -> tuple[str, ...]:
    """Names of all classes, in the order of plugin/classes.h."""
    text = (PLUGIN / "classes.h").read_text(encoding="utf-8")
    table = text[text.index("#define TM_CLASSES(X)") : text.index("typedef enum")]
    return tuple(re.findall(r"\bX\((\w+)\)\s", table))


def _known(classes: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(classes) - set(instruction_classes()))
    if unknown:
        raise ValueError(f"no such class of instructions: {', '.join(unknown)}")
    return classes


Classes = Annotated[Strings, AfterValidator(_known), Field(min_length=1)]


class Rule(Record):
    """What every instruction of some classes costs, in cycles.

    Attributes:
        issue: until the next instruction may issue.
        per_register: further, for each register that a multiple transfer moves, each access of a gather or scatter
            (whose latency counts from the last one).
        tail: then, unless the next instruction is a memory access that pipelines with this one.
        latency: from issue until a dependent instruction may issue; as `issue` where not given.
        late: by so much later an accumulator or the data to be stored is needed.
        taken: further, of a taken branch; with a predictor, of a mispredicted one.
        unit: number of the execution unit, 1..7; 0 for none in particular.
        busy: for which the unit is kept; as `issue` where not given.
        early: all operands are needed as early as those of an address (`address_latency`).
        fuses: pairs with the instruction before, whose result it completes (MOVT after MOVW).
        pairs: place it may have in a pair of instructions that issue together.
        simple: one of a pair must be so, where the core says `pair_needs_simple`.
        source: manual and table, or measurement.
    """

    classes: Classes
    issue: Cycles = 1
    per_register: Cycles = 0
    tail: Cycles = 0
    latency: Cycles | None = None
    late: Cycles = 0
    taken: Cycles = 0
    unit: int = Field(default=0, ge=0, le=7)
    busy: Cycles | None = None
    early: bool = False
    fuses: bool = False
    pairs: Literal["no", "first", "second", "both"] = "no"
    simple: bool = False
    source: Text

    def parameters(self) -> Parameters:
        """Key -> value, without the class."""
        values: dict[str, int | None] = {
            "issue": self.issue,
            "per_register": self.per_register,
            "tail": self.tail,
            "latency": self.latency,
            "late": self.late,
            "taken": self.taken,
            "unit": self.unit,
            "busy": self.busy,
            "early": int(self.early),
            "fuses": int(self.fuses),
            "pairs": _PAIRS.get(self.pairs, 0) + (_SIMPLE if self.simple else 0),
        }
        return {key: value for key, value in values.items() if value is not None}


class CoreTiming(Record):
    """How a core's pipeline passes instructions.

    Attributes:
        basis: the manual the rules follow, and what is not modelled.
        evidence: what the model was held against, with the result.
        error_percent: band of the error of a modelled latency, [lower, upper] in percent of the real one: -20
            means that the model may be 20 % too low.
        issue_width: instructions that may issue together.
        registers_per_cycle: of multiple transfers.
        pair_16_bit_only: only 16-bit instructions pair.
        pair_needs_simple: one of a pair must be of a class with `simple`.
        pair_with_flags: a branch also pairs with the instruction that sets its flags.
        flags_to_taken: further cycles of a taken branch that paired with an instruction that sets flags.
        address_latency: a result is ready so much later for use as an address.
        narrow_load_latency: a loaded byte or halfword is ready so much later than a word.
        right_shift_latency: with an operand shifted right or rotated a result is ready so much later.
        rotated_constant_latency: with a constant that is eight bits rotated (but for MOV, MVN) a result is ready so
            much later.
        late_flags: further cycles of MULS, and of an instruction with such a constant that sets the flags.
        register_offset_store: further cycles of a store to base + register.
        unaligned_target: further cycles of a taken branch to a 32-bit instruction across a word boundary.
        it_folds: IT after a 16-bit instruction costs nothing.
        skipped: cycles of an instruction whose condition failed.
        predictor_entries: two-bit counters of a branch predictor, a power of two; 0 for none.
        predicted_taken: cycles that a rightly predicted taken branch costs besides its issue.
        units: how many instructions of a pair each execution unit takes, by its number; 1 where not given.
        rules: every class of instructions that the core has, once.
    """

    basis: Text
    evidence: Text
    error_percent: tuple[int, int]
    issue_width: Literal[1, 2] = 1
    registers_per_cycle: Literal[1, 2] = 1
    pair_16_bit_only: bool = False
    pair_needs_simple: bool = False
    pair_with_flags: bool = False
    flags_to_taken: Cycles = 0
    address_latency: Cycles = 0
    narrow_load_latency: Cycles = 0
    right_shift_latency: Cycles = 0
    rotated_constant_latency: Cycles = 0
    late_flags: Cycles = 0
    register_offset_store: Cycles = 0
    unaligned_target: Cycles = 0
    it_folds: bool = False
    skipped: Cycles = 1
    predictor_entries: int = Field(default=0, ge=0, le=4096)
    predicted_taken: Cycles = 0
    units: dict[str, Literal[1, 2]] = Field(default_factory=dict)
    rules: tuple[Rule, ...]

    @model_validator(mode="before")
    @classmethod
    def _tuples(cls, value: object) -> object:
        """TOML has lists where the record has tuples."""
        if not isinstance(value, dict):
            return value
        return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}

    @model_validator(mode="after")
    def _consistent(self) -> CoreTiming:
        problems = []
        named = [name for rule in self.rules for name in rule.classes]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            problems.append(f"rules: more than one rule for {', '.join(twice)}")
        if self.predictor_entries & (self.predictor_entries - 1):
            problems.append("predictor_entries: must be a power of two")
        if self.error_percent[0] > 0 or self.error_percent[1] < 0:
            problems.append("error_percent: a lower bound of at most 0, an upper one of at least 0")
        if not all(name in "1234567" and len(name) == 1 for name in self.units):
            problems.append("units: keys are numbers 1 to 7")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def parameters(self) -> Parameters:
        """The plugin's `core.*` keys."""
        scalars = (
            "issue_width",
            "registers_per_cycle",
            "pair_16_bit_only",
            "pair_needs_simple",
            "address_latency",
            "narrow_load_latency",
            "right_shift_latency",
            "register_offset_store",
            "unaligned_target",
            "it_folds",
            "skipped",
            "predictor_entries",
            "predicted_taken",
        )
        values = {f"core.{key}": int(getattr(self, key)) for key in scalars}
        rare = ("pair_with_flags", "flags_to_taken", "rotated_constant_latency", "late_flags")
        values |= {f"core.{key}": int(getattr(self, key)) for key in rare if getattr(self, key)}
        values |= {f"core.unit.{number}": count for number, count in self.units.items()}
        for rule in self.rules:
            for name in rule.classes:
                for key, value in rule.parameters().items():
                    values[f"core.class.{name}.{key}"] = value
        return values
