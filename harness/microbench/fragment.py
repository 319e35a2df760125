"""Fitted parameters as lines for a core's or target's TOML file."""

from __future__ import annotations

from collections.abc import Mapping

from harness.microbench.fit import Fit, Fitted, Status

_PAIRS = {1: "first", 2: "second", 3: "both"}
_SIMPLE = 4
_SWITCHES = ("it_folds",)


def toml_fragment(found: Fit, parameters: Mapping[str, int], core: str, source: str) -> str:
    """Return what a fit changed, as TOML.

    Args:
        found: the fit.
        parameters: all of the model, before the fit.
        core: name of the core.
        source: of the figures, in words.
    """
    changed = [each for each in found.parameters if each.before != each.after]
    after = {**parameters, **{each.key: each.after for each in changed}}
    lines = [f"# Fitted to {source}: goes into targets/cores/{core}.toml."]
    unclear = [e for e in changed if e.status is Status.CONFOUNDED]
    for each in unclear:
        lines.append(f"# {each.key} cannot be told from {', '.join(each.together_with)}.")
    scalars = [e for e in changed if e.key.startswith("core.") and not _of_class(e.key)]
    if scalars:
        lines += ["", "[timing]"]
        lines += [_scalar(each) for each in scalars]
    for name in sorted({e.key.split(".")[2] for e in changed if _of_class(e.key)}):
        lines += ["", "[[timing.rules]]", f'classes = ["{name}"]', *_rule(name, after)]
        was = [f"{e.key.rsplit('.', 1)[1]} {e.before}" for e in changed if _belongs(e.key, name)]
        lines.append(f'source = "fitted to {source}; was {", ".join(was)}"')
    memory = [e for e in changed if e.key.startswith("memory.")]
    if memory:
        lines += ["", "# In the target's [memory_timing], by the plugin's keys:"]
        lines += [f"# {e.key} = {e.after}, was {e.before}" for e in memory]
    if not changed:
        lines.append("# Nothing changed.")
    return "\n".join([*lines, ""])


def _scalar(each: Fitted) -> str:
    name = each.key.removeprefix("core.")
    values = [
        str(value if name not in _SWITCHES else bool(value)).lower()
        for value in (each.after, each.before)
    ]
    return f"{name} = {values[0]}  # was {values[1]}"


def _of_class(key: str) -> bool:
    return key.startswith("core.class.")


def _belongs(key: str, name: str) -> bool:
    return key.startswith(f"core.class.{name}.")


def _rule(name: str, parameters: Mapping[str, int]) -> list[str]:
    lines = []
    for key in sorted(parameters):
        if not _belongs(key, name):
            continue
        cost, value = key.rsplit(".", 1)[1], parameters[key]
        if cost == "pairs":
            place = _PAIRS.get(value % _SIMPLE)
            lines += [f'pairs = "{place}"'] if place else []
            lines += ["simple = true"] if value & _SIMPLE else []
        elif value or cost in ("issue", "latency"):
            lines.append(f"{cost} = {value}")
    return lines
