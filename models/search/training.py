"""The third step of a search: the found network trained, exported, and checked on the host."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from harness.files import write_atomic
from models.arch.spec import ArchSpec
from models.arch.to_tflite import to_tflite
from models.search.records import MODEL, Trained
from models.search.wanted import Context
from models.train.evaluate import evaluate, integer_inputs, logits
from models.train.export import export
from models.train.fit import train, train_float
from models.train.integer import run_integer
from models.train.network import QuantisedNetwork
from models.train.recipe import Epoch, Recipe


def trained(context: Context, arch: ArchSpec, recipe: Recipe) -> Trained:
    """Train the network with quantisation in the loop and write model.tflite; what was done before is read.

    To compare, a second network goes on in floating point from where the first one begins to quantise.

    Raises:
        StoreError: a file cannot be written.
    """
    known = context.folder.read("trained.json", Trained)
    if known is not None and known.arch == hash_of(arch) and context.path(MODEL).exists():
        return known
    begin_s = time.monotonic()
    task, splits, device = context.wanted.task, context.splits, context.wanted.device
    net = QuantisedNetwork(arch, recipe.seed)
    paths = [context.path(f"{name}.checkpoint.pt") for name in ("int8", "float")]

    tell = _telling(context, "int8", recipe)

    def branch(epoch: Epoch) -> None:
        if epoch.number == recipe.float_epochs:
            write_atomic(paths[1], paths[0].read_bytes())
        tell(epoch)

    train(net, task, splits, recipe, device, paths[0], branch)
    telling = _telling(context, "floating point", recipe)
    floating = train_float(arch, task, splits, recipe, device, paths[1], telling)
    seconds = time.monotonic() - begin_s
    float_score = evaluate(floating, task, splits.test, device)
    validation = evaluate(net, task, splits.validation, device)
    net.cpu()
    parameters = export(net)
    data = to_tflite(arch, parameters)
    inputs = integer_inputs(parameters, task, splits.test)
    outputs = run_integer(arch, parameters, inputs)
    done = Trained(
        arch=hash_of(arch),
        metric=task.metric,
        float_score=float_score,
        int8_score=task.score(logits(arch, parameters, outputs), splits.test),
        validation_score=validation,
        examples=len(splits.test),
        sha256=hashlib.sha256(data).hexdigest(),
        seconds=round(seconds, 1),
    )
    write_atomic(context.path(MODEL), data)
    context.folder.write("trained.json", done)
    for path in paths:
        path.unlink(missing_ok=True)
    return done


def hash_of(arch: ArchSpec) -> str:
    """Return what tells a network from others, without its name."""
    return hashlib.sha256(repr((arch.input_shape, arch.nodes)).encode()).hexdigest()


def _telling(context: Context, what: str, recipe: Recipe) -> Callable[[Epoch], None]:
    def tell(epoch: Epoch) -> None:
        context.progress(
            f"training, {what}: epoch {epoch.number} of {recipe.epochs}, loss {epoch.loss:.3f},"
            f" validation {epoch.score:.2f} %"
        )

    return tell
