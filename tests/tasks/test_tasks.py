"""Tasks by name and by text, what every task promises, scores, and splitting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from models.tasks import TASKS, parse_task, task_named, task_text
from models.tasks.anomaly import Anomaly
from models.tasks.digits import Digits
from models.tasks.split import cut, limited
from models.tasks.task import Examples

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "text",
    [
        *TASKS,
        "kws:split=speaker-theo",
        "kws:train=100,validation=50,test=20,split=speaker-a=b,unknown=2,rate=16000,snr=-2.5",
        "kws:data=speech-commands,rate=16000",
        "kws:snr=0",
        "image:cutout=8,mixup=0.2",
        "image-grey:data=vww,size=96",
        "image-grey:positive=cat",
        "anomaly:mixup=0.5",
    ],
)
def test_text_form(text: str) -> None:
    task = parse_task(text)
    assert task.name == text.partition(":")[0]
    assert parse_task(task_text(task)) == task
    assert sorted(task_text(task).partition(":")[2].split(",")) == sorted(
        text.partition(":")[2].split(",")
    )
    assert len(task.input_shape) == 4 and task.input_shape[0] == 1
    assert len(set(task.classes)) == len(task.classes) >= 2
    assert task.metric == ("auc" if task.name == "anomaly" else "accuracy")
    hash(task)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no task ''; there is: kws, image, image-grey, anomaly, digits"),
        ("keyword", "no task 'keyword'"),
        ("kws:", "write NAME"),
        ("kws:split", "write NAME"),
        ("kws:split=", "write NAME"),
        ("kws:=official", "write NAME"),
        ("kws:train=1,train=2", "'train' is given twice"),
        ("kws:colour=red", "no option 'colour'; there is: train, validation, test, data, split"),
        ("kws:_background=1", "no option '_background'"),
        ("kws:name=x", "no option 'name'"),
        ("kws:train=many", "train=many: a whole number is needed"),
        ("kws:train=1.5", "a whole number"),
        ("kws:train=-1", "train=-1"),
        ("kws:data=other", "fsdd or speech-commands"),
        ("kws:split=random", "official, or of fsdd speaker-NAME"),
        ("kws:data=speech-commands,split=speaker-x", "of fsdd"),
        ("kws:data=speech-commands,unknown=1", "unknown=1"),
        ("kws:unknown=9", "0 to 5"),
        ("kws:rate=4000", "8000 to 48000"),
        ("kws:snr=-11", "-10 to 40 dB, or inf"),
        ("kws:snr=nan", "-10 to 40 dB, or inf"),
        ("image:mixup=2", "0.1 to 1"),
        ("image:mixup=nan", "0.1 to 1"),
        ("image:mixup=inf", "0.1 to 1"),
        ("image:cutout=-2", "cutout=-2"),
        ("image-grey:positive=person", "animal, or one of airplane"),
        ("image-grey:data=vww,positive=cat", "of cifar10 only"),
        ("image-grey:size=50", "32 pixels"),
        ("image-grey:data=vww,size=4", "16 to 224"),
        ("image-grey:data=coco", "cifar10 or vww"),
        ("anomaly:mixup=-1", "0.1 to 1"),
        ("digits:size=8", "no option 'size'"),
    ],
)
def test_mistakes_get_one_line(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_task(text)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_a_task_or_a_usage_error(text: str) -> None:
    for each in (text, f"kws:{text}"):
        try:
            parse_task(each)
        except UsageError:
            continue
        assert each.partition(":")[0] in TASKS


def test_making_tasks_loads_no_training_library() -> None:
    code = (
        "import sys, models.tasks\n"
        "for name in models.tasks.TASKS: models.tasks.parse_task(name).classes\n"
        "print(*{'torch', 'sklearn', 'PIL', 'scipy'} & {m.partition('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_digits_split() -> None:
    first, again, other = (Digits().load(None, seed) for seed in (0, 0, 1))
    parts = [first.train, first.validation, first.test]
    assert sum(len(each) for each in parts) == 1797
    assert len(first.test) == pytest.approx(0.3 * 1797, abs=5)
    assert len(first.validation) == pytest.approx(0.2 * 0.7 * 1797, abs=5)
    whole = sorted(x.tobytes() for each in parts for x in each.x)
    assert whole == sorted(
        x.tobytes() for each in (other.train, other.validation, other.test) for x in each.x
    )
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.test.x, other.test.x)
    import torch

    inputs = Digits().inputs(torch.from_numpy(first.train.x))
    assert float(inputs.min()) == -1.0 and float(inputs.max()) == 1.0


def test_accuracy_is_the_share_of_hits() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(500, 10))
    y = random.integers(0, 10, 500)
    examples = Examples(np.zeros((500, 1), np.float32), y)
    for name in ("kws", "image", "digits"):
        found = task_named(name).score(logits, examples)
        assert found == pytest.approx(
            100 * sklearn.metrics.accuracy_score(y, logits.argmax(axis=1))
        )


def test_area_of_anomalies() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 4, 300)
    anomalous = random.random(300) < 0.4
    logits = random.normal(size=(300, 4)) * 3
    logits[np.arange(300), y] += np.where(anomalous, 0.5, 3.0)
    examples = Examples(np.zeros((300, 1), np.float32), y, y, anomalous)
    likely = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = sklearn.metrics.roc_auc_score(anomalous, -likely[np.arange(300), y])
    assert Anomaly().score(logits, examples) == pytest.approx(100 * expected)
    normal = Examples(examples.x, y, y, np.zeros(300, np.bool_))
    one_against_rest = sklearn.metrics.roc_auc_score(np.eye(4)[y].reshape(-1), likely.reshape(-1))
    assert Anomaly().score(logits, normal) == pytest.approx(100 * one_against_rest)


labels = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(lambda y: np.array(y, np.int64))


@given(labels, st.floats(0.05, 0.95), st.integers(0, 5))
def test_a_cut_is_fair_to_every_class(y: np.ndarray, share: float, seed: int) -> None:
    chosen, rest = cut(y, share, seed)
    assert sorted([*chosen, *rest]) == list(range(len(y)))
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        taken = int(np.sum(y[chosen] == label))
        assert abs(taken - share * count) <= 1
        assert count < 2 or 0 < taken < count


@given(labels, st.integers(0, 70), st.integers(0, 5))
def test_a_limit_is_fair_to_every_class(y: np.ndarray, limit: int, seed: int) -> None:
    chosen = limited(y, limit, seed)
    assert len(chosen) == (min(limit, len(y)) if limit else len(y))
    assert np.all(np.diff(chosen) > 0)
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        assert abs(np.sum(y[chosen] == label) - len(chosen) * count / len(y)) <= 1
