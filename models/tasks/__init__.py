"""Tasks by name, and the text form of their options: `kws:split=speaker-theo,test=200`."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, get_type_hints

from harness.errors import UsageError
from models.tasks.anomaly import Anomaly
from models.tasks.digits import Digits
from models.tasks.image import Image, ImageGrey
from models.tasks.kws import Kws
from models.tasks.task import Task

TASKS: Mapping[str, Callable[..., Task]] = {
    "kws": Kws,
    "image": Image,
    "image-grey": ImageGrey,
    "anomaly": Anomaly,
    "digits": Digits,
}
"""Factory of each task; its keyword arguments are the task's options."""

_READ: Mapping[Any, tuple[str, Callable[[str], Any]]] = types.MappingProxyType(
    {int: ("a whole number", int), float: ("a number", float), str: ("a word", str)}
)


def task_named(name: str, options: Mapping[str, str] | None = None) -> Task:
    """Return a task with options in text form, such as {"split": "official"}.

    Raises:
        UsageError: no such task or option, or a value that the option cannot have.
    """
    if name not in TASKS:
        raise UsageError(f"no task '{name}'; there is: {', '.join(TASKS)}")
    known = _options(TASKS[name])
    values: dict[str, Any] = {}
    for key, text in (options or {}).items():
        if key not in known:
            raise UsageError(f"task {name} has no option '{key}'; there is: {', '.join(known)}")
        what, read = _READ[known[key]]
        try:
            values[key] = read(text)
        except ValueError:
            raise UsageError(f"task option {key}={text}: {what} is needed") from None
    return TASKS[name](**values)


def parse_task(text: str) -> Task:
    """Return the task of a text NAME[:KEY=VALUE[,KEY=VALUE]...].

    Raises:
        UsageError: not of that form, an option twice, or as for `task_named`.
    """
    name, colon, rest = text.partition(":")
    options: dict[str, str] = {}
    for part in rest.split(",") if colon else ():
        key, equals, value = part.partition("=")
        if not equals or not key or not value:
            raise UsageError(f"task {text}: write NAME or NAME:KEY=VALUE,KEY=VALUE")
        if key in options:
            raise UsageError(f"task {text}: option '{key}' is given twice")
        options[key] = value
    return task_named(name, options)


def task_text(task: Task) -> str:
    """Return the text that `parse_task` makes this task of: its name and the options that differ from the default."""
    default = TASKS[task.name]()
    changed = [
        f"{key}={_text_of(getattr(task, key))}"
        for key in _options(type(task))
        if getattr(task, key) != getattr(default, key)
    ]
    return ":".join([task.name, ",".join(changed)]) if changed else task.name


def _text_of(value: object) -> str:
    """Whole numbers as a user writes them."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


@lru_cache
def _options(task: Any) -> dict[str, Any]:
    """Type of every option by its name."""
    hints = get_type_hints(task)
    return {each.name: hints[each.name] for each in dataclasses.fields(task) if each.init}
