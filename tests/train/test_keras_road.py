"""The conventional road; only where TensorFlow is installed (extra `keras`)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.engines.tflm_oracle import TflmOracle
from models.arch.layers import PadChannels, Pool2D
from models.arch.spec import ArchBuilder
from models.train.keras_road import convert, keras_model
from tests.train.nets import quantised_network, random_inputs

pytest.importorskip("tensorflow", reason="pip install 'tinyhil[keras]'")


def test_the_same_network() -> None:
    """In floating point what PyTorch computes; as a file, what fake quantisation does, nearly."""
    b = ArchBuilder("keras", (1, 9, 7, 2))
    x = b.conv(8, (3, 3), (2, 2), "RELU6")
    b.depthwise((3, 2), activation="RELU")
    y = b.conv(12, (1, 1), activation="NONE")
    b.residual(b.add(PadChannels(12), x), y, "RELU")
    b.add(Pool2D("MAX", (2, 2), (1, 1), "SAME"))
    b.classifier(10)
    arch = b.build()
    inputs = random_inputs(arch, 32, 4)
    net = quantised_network(arch, inputs, 2)
    with torch.no_grad():
        quantised = net(inputs).softmax(1).numpy()
        net.set_quantisation(False)
        real = net(inputs).softmax(1).numpy()
    keras = keras_model(net)
    outputs = np.concatenate([np.asarray(keras(x[None].numpy())) for x in inputs])
    np.testing.assert_allclose(outputs, real, atol=1e-4)
    oracle = TflmOracle(convert(net, inputs.numpy()))
    low, high = float(inputs.min()), float(inputs.max())
    scale = (high - low) / 255
    q = np.clip(np.rint(inputs.numpy() / scale) + round(-128 - low / scale), -128, 127)
    found = np.stack([oracle.run([one[None]])[0][0] for one in q.astype(np.int8)])
    assert np.abs((found + 128.0) / 256 - quantised).mean() < 0.02
    assert np.mean(found.argmax(1) == quantised.argmax(1)) > 0.85
