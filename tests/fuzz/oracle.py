"""The reference interpreter in a process of its own: it trusts its file, and a damaged one may end it.

Between the processes: length:u32 and the .tflite, length:u32 and the inputs; back length:u32 and the
outputs, 0 for a refusal.
"""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType

import numpy as np


class OracleProcess:
    """Asks the interpreter; restarts it when it has died. A context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, model: bytes, inputs: bytes) -> bytes | None:
        """Return the outputs; b"" when the interpreter refuses the model, None when it died."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.oracle"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            for part in (model, inputs):
                process.stdin.write(len(part).to_bytes(4, "little") + part)
            process.stdin.flush()
        except BrokenPipeError:
            return self._died()
        head = process.stdout.read(4)
        size = int.from_bytes(head, "little")
        answer = process.stdout.read(size)
        return answer if len(head) == 4 and len(answer) == size else self._died()

    def _died(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> OracleProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()


def _answer(model: bytes, inputs: bytes) -> bytes:
    from harness.engines.plan.compile import compile_model
    from harness.engines.tflm_oracle import make_oracle

    oracle = make_oracle(model)
    if oracle is None or not oracle.name.startswith("TFLM"):
        return b""
    arrays, at = [], 0
    for tensor in compile_model(model, "oracle").inputs:
        piece = np.frombuffer(inputs[at : at + tensor.size_bytes], tensor.dtype.numpy)
        arrays.append(piece.reshape(tensor.shape))
        at += tensor.size_bytes
    return b"".join(output.tobytes() for output in oracle.run(arrays))


def main() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(4):
        model = source.read(int.from_bytes(head, "little"))
        inputs = source.read(int.from_bytes(source.read(4), "little"))
        try:
            answer = _answer(model, inputs)
        except Exception:
            answer = b""
        sink.write(len(answer).to_bytes(4, "little") + answer)
        sink.flush()


if __name__ == "__main__":
    main()
