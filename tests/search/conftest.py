"""One thread for PyTorch: the networks are small, and other tests run beside these."""

from __future__ import annotations

import contextlib

with contextlib.suppress(ImportError):
    import torch

    torch.set_num_threads(1)
