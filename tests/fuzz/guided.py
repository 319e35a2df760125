"""Coverage-guided fuzzing of the host's parsers with atheris, which is installed by hand."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path


def run(what: str, seconds: int) -> int:
    """Fuzz the importer and compiler ("tflite") or the host's parsers ("streams"); does not return
    on a finding, which atheris prints and keeps as a file."""
    import atheris

    with atheris.instrument_imports(include=["harness"]):
        import harness.engines.plan.compile as compiler
        import harness.link.frames as frames
        from harness.errors import ModelError

    from tests.fuzz.streams import check_payload, check_text, conversation

    def tflite(data: bytes) -> None:
        try:
            compiler.compile_model(data, "fuzz")
        except ModelError:
            return

    def streams(data: bytes) -> None:
        whole = frames.FrameDecoder().feed(data)
        decoder = frames.FrameDecoder()
        cut = len(data) // 3
        pieces = (data[:cut], data[cut : cut + 1], data[cut + 1 :])
        assert [item for piece in pieces for item in decoder.feed(piece)] == whole
        check_text([item.text for item in whole if isinstance(item, frames.TextLine)])
        check_payload(data)

    folder = Path(tempfile.mkdtemp(prefix="tinyhil-corpus-"))
    if what == "tflite":
        from tests.fuzz.tflite import bases

        seeds = [base.data for base in bases() if len(base.data) < 4096]
    else:
        seeds = [conversation(random.Random(number))[0] for number in range(50)]
    for number, data in enumerate(seeds):
        (folder / f"{number:04}").write_bytes(data)
    options = ["-max_len=1024", f"-max_total_time={seconds}", "-print_final_stats=1"]
    # atheris takes names without a dash as corpora.
    atheris.Setup([sys.argv[0], *options, str(folder)], tflite if what == "tflite" else streams)
    atheris.Fuzz()
    return 0
