"""Random valid measurements, seeded, with realistic networks, targets and figures."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from harness.records import (
    Check,
    CycleUnit,
    Energy,
    Latency,
    LayerLatency,
    Measurement,
    Memory,
    ModelId,
    Provenance,
)

# MACs per operator of the MLPerf Tiny keyword spotting and anomaly detection networks.
_KWS = [("CONV_2D", 320_000)]
for _ in range(4):
    _KWS += [("DEPTHWISE_CONV_2D", 72_000), ("CONV_2D", 512_000)]
_KWS += [("AVERAGE_POOL_2D", 0), ("RESHAPE", 0), ("FULLY_CONNECTED", 768), ("SOFTMAX", 0)]
_AD = [("FULLY_CONNECTED", n) for n in (81_920, *[16_384] * 3, 1_024, 1_024, *[16_384] * 3, 81_920)]
NETWORKS: dict[str, list[tuple[str, int]]] = {"kws_ref_model": _KWS, "ad01_int8": _AD}
TARGETS: dict[str, tuple[str, int, CycleUnit, float]] = {
    # core, clock in Hz, unit, cycles per MAC
    "qemu-cortex-m4": ("cortex-m4", 120_000_000, "instructions", 6.1),
    "qemu-cortex-m7": ("cortex-m7", 216_000_000, "instructions", 5.9),
    "qemu-cortex-m55": ("cortex-m55", 160_000_000, "instructions", 1.4),
    "native": ("x86-64", 1_000_000_000, "nanoseconds", 0.4),
}
_EPOCH = datetime(2026, 10, 1, tzinfo=timezone.utc)


def make_measurement(
    seed: int = 0, *, network: str | None = None, target: str | None = None, **changes: Any
) -> Measurement:
    """Return the measurement of that seed; `changes` replace top-level fields."""
    rng = random.Random(seed)
    network = network or rng.choice(sorted(NETWORKS))
    target = target or rng.choice(sorted(TARGETS))
    core, clock_hz, unit, cost = TARGETS[target]
    kernels = rng.choice(["reference", "cmsis-nn"])
    cost *= (3.0 if kernels == "reference" else 1.0) * rng.uniform(0.9, 1.1)
    layers = tuple(
        LayerLatency(index=i, op=op, cycles=c, us=c * 1e6 / clock_hz, macs=macs)
        for i, (op, macs) in enumerate(NETWORKS[network])
        for c in [int(macs * cost * rng.uniform(0.8, 1.6)) + rng.randrange(400, 4000)]
    )
    cycles = sum(layer.cycles for layer in layers) - rng.randrange(300)
    macs = sum(layer.macs for layer in layers)
    us = cycles * 1e6 / clock_hz
    spread = rng.uniform(0.0, 0.05) if target == "native" else 0.0
    fields: dict[str, Any] = {
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "model": ModelId(name=network, sha256=_sha256(network), macs=macs, ops=2 * macs),
        "target": target,
        "core": core,
        "engine": "plan",
        "kernels": kernels,
        "latency": Latency(
            cycles=cycles,
            unit=unit,
            us=us,
            kind="measured" if target == "native" else "modelled",
            warmup=1,
            repeats=rng.choice([3, 10]),
            spread=spread,
            min_us=us * (1 - spread / 2),
            max_us=us * (1 + spread / 2),
            layers=layers,
        ),
        "memory": _memory(rng),
        "energy": _energy(rng, target, us),
        "check": _check(rng),
        "provenance": Provenance(
            tinyhil="0.1.0",
            started=(_EPOCH + timedelta(seconds=rng.randrange(2_000_000))).isoformat(),
            host="bench-1",
            python="3.11.7",
            target_sha256=f"{rng.getrandbits(256):064x}",
            clock_hz=clock_hz,
            image_id=f"{rng.getrandbits(128):032x}",
            deploy_image_id=f"{rng.getrandbits(128):032x}",
            compiler="arm-none-eabi-gcc 12.2.1",
            driver="qemu 7.2.0",
            timing_model="icount shift=0",
            seed=seed,
            transcript=f"transcripts/{seed}.jsonl",
        ),
    }
    return Measurement(**{**fields, **changes})


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_measurements(count: int, seed: int = 0) -> list[Measurement]:
    """Return `count` different measurements."""
    return [make_measurement(seed * 100_000 + i) for i in range(count)]


def _memory(rng: random.Random) -> Memory:
    parts = {
        "kernels": rng.randrange(4_000, 30_000),
        "engine": rng.randrange(3_000, 6_000),
        "app": rng.randrange(4_000, 9_000),
        "board": rng.randrange(800, 3_000),
        "libc": rng.randrange(2_000, 6_000),
        "model": rng.randrange(30_000, 280_000),
    }
    static, arena, io, stack = (
        rng.randrange(1_000, 4_000),
        rng.randrange(1_500, 60_000),
        rng.randrange(500, 2_000),
        rng.randrange(400, 1_500),
    )
    flash = sum(parts.values())
    return Memory(
        flash_bytes=flash,
        code_bytes=flash - parts["model"],
        model_bytes=parts["model"],
        ram_bytes=static + arena + io + stack,
        static_bytes=static,
        arena_bytes=arena,
        arena_bound_bytes=arena - rng.randrange(0, 200),
        io_bytes=io,
        stack_bytes=stack,
        flash_parts=parts,
        kind="measured",
    )


def _energy(rng: random.Random, target: str, us: float) -> Energy:
    if target == "native":
        return Energy(uj=None, kind="estimated", power_mw=None, source="no power figure for a host")
    power_mw = rng.choice([33.0, 58.0, 110.0])
    source = "data sheet, run mode, 25 degrees"
    return Energy(uj=us * power_mw / 1000, kind="estimated", power_mw=power_mw, source=source)


def _check(rng: random.Random) -> Check:
    verdict = rng.choice([True, True, True, False, None])
    if verdict is None:
        note = "no reference interpreter is installed"
        return Check(reference="", inputs=0, bit_exact=None, max_abs_diff=None, note=note)
    steps = 0.0 if verdict else float(rng.randrange(1, 9))
    reference = "tflite-micro 0.dev20261023182759"
    return Check(reference=reference, inputs=10, bit_exact=verdict, max_abs_diff=steps)
