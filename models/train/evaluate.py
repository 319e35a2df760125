"""Scores of a trained network: as PyTorch computes it, and as its integers do."""

from __future__ import annotations

import numpy as np
import torch

from models.arch.layers import Nonlinearity
from models.arch.parameters import Array, Parameters
from models.arch.spec import ArchSpec
from models.tasks.task import Examples, Task
from models.train.integer import quantise, run_integer
from models.train.network import QuantisedNetwork, export

_BATCH = 512


def evaluate(net: QuantisedNetwork, task: Task, examples: Examples, device: str) -> float:
    """Return the task's score in percent, fake-quantised if the network is.

    Raises:
        ValueError: there are no examples.
    """
    return task.score(_outputs(net, task, examples, device), examples)


def cross_entropy(net: QuantisedNetwork, task: Task, examples: Examples, device: str) -> float:
    """Return the mean cross entropy of the examples' classes, nats: finer than a score where there are few."""
    outputs = torch.from_numpy(_outputs(net, task, examples, device))
    classes = torch.as_tensor(examples.y).long()
    return float(torch.nn.functional.cross_entropy(outputs, classes))


def agreement(net: QuantisedNetwork, task: Task, examples: Examples) -> float:
    """Return for what share of the examples the fake-quantised network on the CPU and its integers name one class.

    They differ where floating point and TensorFlow Lite round a value half-way between two otherwise.
    """
    parameters = export(net)
    whole = run_integer(net.arch, parameters, integer_inputs(parameters, task, examples))
    best = whole.reshape(len(whole), -1).argmax(1)
    return float(np.mean(best == _outputs(net, task, examples, "cpu").argmax(1)))


def evaluate_integer(
    arch: ArchSpec, parameters: Parameters, task: Task, examples: Examples
) -> float:
    """Return the task's score in percent of the int8 network, as every exact engine gives it."""
    outputs = run_integer(arch, parameters, integer_inputs(parameters, task, examples))
    return task.score(logits(arch, parameters, outputs), examples)


@torch.no_grad()
def integer_inputs(parameters: Parameters, task: Task, examples: Examples) -> Array:
    """Return what the int8 network reads for these examples, int8 (n, h, w, c)."""
    raw = torch.as_tensor(examples.x)
    return np.concatenate(
        [
            quantise(task.inputs(batch).numpy(), parameters.quants["input"])
            for batch in torch.split(raw, _BATCH)
        ]
    )


@torch.no_grad()
def _outputs(net: QuantisedNetwork, task: Task, examples: Examples, device: str) -> Array:
    training = net.training
    net.eval()
    raw = torch.as_tensor(examples.x).to(device)
    # Products of TF32 have too few digits for int8 times a scale.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        parts = [net(task.inputs(batch)) for batch in torch.split(raw, _BATCH)]
    net.train(training)
    return np.asarray(torch.cat(parts).cpu().numpy())


def logits(arch: ArchSpec, parameters: Parameters, outputs: Array) -> Array:
    """Return logits (n, classes) of int8 outputs (n, ...); of a softmax, the logarithms.

    The order of equal outputs stays, so that the best class is the device's.
    """
    quant = parameters.quants[arch.output]
    real = quant.scale * (outputs.reshape(len(outputs), -1).astype(np.float64) - quant.zero_point)
    if isinstance(arch.nodes[-1].layer, Nonlinearity):
        # Half a quantum for zero, which has no logarithm.
        return np.asarray(np.log(np.maximum(real, quant.scale / 2)))
    return np.asarray(real)
