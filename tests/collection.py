"""Runs every .tflite below a folder on `native`, compared with the reference interpreter; prints Markdown.

    python -m tests.collection NAME FOLDER

For other people's collections of models, which lie beside the project: docs/collections.md holds what came out.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from harness.build.images import build_image
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.tflm_oracle import tflm_arena
from harness.errors import ModelError
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.inputs import random_inputs
from harness.measure.prepare import concatenate
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from tests.fuzz.oracle import OracleProcess

INPUTS = 5
LIMIT_S = 600.0


def main(name: str, folder: Path) -> None:
    target = load_catalogue().target("native")
    image = build_image(target, "plan", "reference", Deadline.after(LIMIT_S))
    rows: list[tuple[str, str]] = []
    deadline = Deadline.after(LIMIT_S)
    with driver_for(target).start(image.elf, None, deadline) as device, OracleProcess() as oracle:
        session = Session(device.stream, Transcript(), target=target.name)
        session.wait_ready(deadline)
        slot_bytes = session.hello(deadline).slot_bytes
        for path in sorted(folder.rglob("*.tflite")):
            data = path.read_bytes()
            try:
                model = compile_model(data, path.stem)
                if len(model.blob) > slot_bytes:
                    result = f"refused: {len(model.blob):,} bytes exceed the model slot"
                else:
                    result = _compare(session, oracle, data, model, deadline)
            except ModelError as error:
                result = f"refused: {error.where + ': ' if error.where else ''}{error.message}"
            rows.append((path.relative_to(folder).as_posix(), result))
    counts = Counter(result.split(":")[0].split(" (")[0] for _, result in rows)
    told = ", ".join(f"{count} {what}" for what, count in counts.most_common())
    sys.stdout.write(f"## {name}\n\n{len(rows)} files: {told}.\n\n| file | result |\n|---|---|\n")
    for file, result in rows:
        sys.stdout.write(f"| {file} | {result.replace('|', '/')} |\n")


def _compare(
    session: Session, oracle: OracleProcess, data: bytes, model: CompiledModel, deadline: Deadline
) -> str:
    session.upload(Space.SLOT, model.blob, deadline)
    worst = 0
    for arrays in random_inputs(model.inputs, INPUTS, seed=3):
        session.load(len(model.blob), deadline)  # state begins anew
        session.write(Space.INPUT, 0, concatenate(arrays), deadline)
        session.run(0, 1, False, deadline, expected_s=5.0)
        ours = session.read(Space.OUTPUT, 0, model.output_bytes, deadline)
        theirs = oracle.ask(data, concatenate(arrays))
        if not theirs:
            return f"runs ({model.macs:,} MACs), the reference interpreter does not take it"
        if ours != theirs:
            difference = np.frombuffer(ours, np.uint8) != np.frombuffer(theirs, np.uint8)
            worst = max(worst, int(difference.sum()))
    if worst:
        return f"DIFFERS: in {worst} of {len(ours)} output bytes"
    ours_bytes = model.arena_bytes - model.state_bytes  # TFLM keeps states elsewhere
    theirs_bytes = tflm_arena(data).activations_bytes
    exact = f"bit-exact ({INPUTS} inputs, {model.macs:,} MACs, arena {ours_bytes:,} bytes"
    if ours_bytes > theirs_bytes:
        return f"{exact}, ABOVE TFLM's {theirs_bytes:,})"
    return f"{exact}, TFLM's {theirs_bytes:,})"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
