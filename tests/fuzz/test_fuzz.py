"""A small share of the fuzzing of docs/fuzzing.md, so that nothing falls behind unseen."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.link.frames import Frame, FrameDecoder, TextLine
from models.tflite.writer import ModelBuilder
from tests.fuzz.oracle import OracleProcess
from tests.fuzz.plans import pattern, run_plans
from tests.fuzz.streams import check_stream, conversation
from tests.fuzz.tflite import bases, fuzz

FILES = 2000
STREAMS = 4000


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_damaged_files_are_refused_or_run_as_the_reference_does() -> None:
    tally = fuzz(FILES, 20, bases())
    assert tally.findings == []
    assert tally.files == FILES
    assert tally.refused > FILES // 4
    assert tally.ran > FILES // 40
    assert tally.compared > FILES // 100


def test_damaged_streams_give_nothing_that_was_not_sent() -> None:
    sound = sum(check_stream(random.Random(seed)) for seed in range(STREAMS))
    assert sound > STREAMS


def test_sound_streams_come_out_whole() -> None:
    """The fuzzer's own ground: without damage everything arrives."""
    for seed in range(200):
        stream, frames, lines = conversation(random.Random(seed))
        items = FrameDecoder().feed(stream)
        assert {item for item in items if isinstance(item, Frame)} == frames
        assert {item.text for item in items if isinstance(item, TextLine)} == lines


def test_found_an_int16_state_begins_with_zeros_whatever_its_zero_point() -> None:
    b = ModelBuilder("svdf")
    x = b.tensor("x", (1, 4), scale=0.25)
    features = b.constant("features", np.full((2, 4), 3, np.int8), scale=0.25)
    times = b.constant("times", np.full((2, 3), 9000, np.int16), scale=0.25)
    bias = b.constant("bias", np.zeros(2, np.int32), scale=0.25)
    state = b.tensor("state", (1, 6), "INT16", scale=1.0, zero_point=1, is_variable=True)
    y = b.tensor("y", (1, 2), scale=20_000.0)
    b.operator("SVDF", [x, features, times, bias, state], [y], rank=1)
    data = b.build([x], [y])
    (ran,) = run_plans([(compile_model(data, "svdf").blob, pattern(4))])
    with OracleProcess() as oracle:
        assert ran.outputs == oracle.ask(data, pattern(4))
