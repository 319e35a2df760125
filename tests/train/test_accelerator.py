"""Names of devices, and failures of a GPU in one line."""

from __future__ import annotations

import pytest
import torch

from harness.errors import DeviceError, UsageError
from models.train.accelerator import failures_named, resolved


def test_names() -> None:
    assert resolved("cpu") == "cpu"
    assert resolved("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("", "gpu", "meta", "cuda:", "cpu cuda", "cuda:99"):
        with pytest.raises(UsageError, match="device "):
            resolved(name)


def test_a_failing_gpu_is_a_failing_device() -> None:
    texts = (
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR",
        "CUDA out of memory. Tried to allocate 2.00 GiB.\nSee the documentation",
        "CUDA error: operation failed due to a previous error during capture\nSearch for it",
    )
    for text in texts:
        with pytest.raises(DeviceError) as failed, failures_named():
            raise RuntimeError(text)
        assert str(failed.value) == f"the GPU failed: {text.splitlines()[0]}"
        assert failed.value.retryable


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"), failures_named():
        raise RuntimeError("shapes differ")
