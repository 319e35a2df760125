"""Training steps as a GPU runs them fastest: recorded once, then replayed whole.

Small networks keep a GPU waiting for Python: a step is hundreds of kernels of microseconds. A CUDA graph launches
them all at once (Nguyen et al., "Accelerating PyTorch with CUDA Graphs", 2021).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_WARM_UP = 3
"""Steps before the recording, in which libraries choose their kernels and optimisers make their state."""


class RecordedStep:
    """A step that on a GPU is recorded after a few calls; elsewhere it is called as it is.

    Args:
        step: forward, backward and update. It may neither read a tensor's value nor draw random numbers, computes
            on the same memory every time but for its arguments, and returns a tensor.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        self._step = step
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._output = torch.empty(())

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Do the step; the result is overwritten by the next call. Inputs have the same shapes in every call."""
        if not inputs[0].is_cuda:
            return self._step(*inputs)
        self._calls += 1
        if self._calls <= _WARM_UP:
            return self._aside(inputs)
        if self._graph is None:
            self._record(inputs)
        assert self._graph is not None
        for known, given in zip(self._inputs, inputs, strict=True):
            known.copy_(given)
        self._graph.replay()
        return self._output

    def _aside(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """A call on a stream of its own, as recording asks of the calls before it."""
        current = torch.cuda.current_stream()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            output = self._step(*inputs)
        current.wait_stream(stream)
        return output

    def _record(self, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(torch.empty_like(given).copy_(given) for given in inputs)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = self._step(*self._inputs)


def adamw(
    groups: list[dict[str, Any]], rate: float, device: str, **options: Any
) -> torch.optim.AdamW:
    """Return AdamW (arXiv 1711.05101) whose steps may be recorded on `device`; see `set_rate`."""
    if torch.device(device).type != "cuda":
        return torch.optim.AdamW(groups, rate, **options)
    own = [{**group, "lr": torch.tensor(rate, device=device)} for group in groups]
    return torch.optim.AdamW(own, rate, fused=True, capturable=True, **options)


def set_rate(group: dict[str, Any], rate: float) -> None:
    """Set the learning rate of an optimiser's group, where a recorded step reads it."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


_OF_THE_DEVICE = ("lr", "fused", "capturable", "foreach")


def restore_adamw(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take up an optimiser's state, also one that was saved on another kind of device; `set_rate` sets the rates."""
    groups = [
        {**saved, **{name: own[name] for name in _OF_THE_DEVICE}}
        for saved, own in zip(state["param_groups"], optimizer.param_groups, strict=True)
    ]
    optimizer.load_state_dict({**state, "param_groups": groups})


def restore_generator(generator: torch.Generator, state: Tensor) -> None:
    """Take up a generator's state; one of another kind of device seeds it, and other numbers follow than would have."""
    saved = state.cpu()
    if saved.shape == generator.get_state().shape:
        generator.set_state(saved)
    else:
        digest = hashlib.sha256(saved.numpy().tobytes()).digest()
        generator.manual_seed(int.from_bytes(digest[:7], "big"))
