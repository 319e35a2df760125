"""Random valid results of searches, seeded."""

from __future__ import annotations

import random
from typing import Any

from harness.records import Measurement
from harness.search_result import SearchResult
from tests.factories import make_measurement

TASKS = ("kws:split=speaker-theo", "anomaly", "digits")


def make_result(seed: int, /, **changes: Any) -> SearchResult:
    """Return the result of that seed; `changes` replace fields."""
    rng = random.Random(seed)
    measurement: Measurement = changes.pop("measurement", None) or make_measurement(
        seed, target=rng.choice(["qemu-cortex-m4", "qemu-cortex-m7", "native"])
    )
    memory = measurement.memory
    figures = {
        "latency": measurement.latency.us,
        "ram": float(memory.ram_bytes or 0),
        "flash": float(memory.flash_bytes or 0),
    }
    limits = {name: figure * rng.uniform(0.9, 1.3) for name, figure in figures.items()}
    fields: dict[str, Any] = {
        "method": rng.choice(["micronets", "uniform"]),
        "task": rng.choice(TASKS),
        "seed": rng.randrange(9),
        "effort": rng.choice([1.0, 0.5]),
        "limits": limits,
        "uses": {name: figures[name] / max(limit, 1.0) for name, limit in limits.items()},
        "metric": rng.choice(["accuracy", "auc"]),
        "float_score": rng.uniform(80, 100),
        "int8_score": rng.uniform(80, 100),
        "device_score": rng.uniform(80, 100),
        "examples": rng.randrange(1000, 9000),
        "device_examples": rng.randrange(10, 1000),
        "device_exact": rng.random() < 0.8,
        "exact": ("TFLM 1.2", "LiteRT 3.4")[: rng.randrange(3)],
        "training_s": rng.uniform(10, 900),
        "measurement": measurement,
    }
    return SearchResult(**{**fields, **changes})


def one_request(count: int, seed: int = 0) -> list[SearchResult]:
    """Return results of one task, target and limits that differ in method, seed, score and figures."""
    rng = random.Random(seed)
    limits = {"latency": 250e3, "ram": 96 * 1024.0, "flash": 300 * 1024.0}
    fixed = {"task": "kws", "effort": 1.0, "metric": "accuracy", "limits": limits}
    return [
        make_result(
            seed * 1000 + i,
            measurement=make_measurement(seed * 1000 + i, target="qemu-cortex-m4", kernels="fast"),
            method=("micronets", "uniform")[i % 2],
            seed=i // 2,
            int8_score=rng.choice([90.0, 92.5, rng.uniform(85, 100)]),
            **fixed,
        )
        for i in range(count)
    ]
