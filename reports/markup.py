"""HTML and SVG as a tree of calls: whatever is not Markup already is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

# Not allowed in HTML, or able to turn the text around them: shown by their number instead.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)
_VOID = frozenset({"meta", "link", "br", "col"})


class Markup(str):
    """Text that is valid HTML already."""

    __slots__ = ()


def plain(text: str) -> str:
    """Return `text` with control, direction and surrogate characters spelled out (U+XXXX)."""
    return _UNPRINTABLE.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def escape(text: object) -> Markup:
    """Return `text` for element content or a quoted attribute."""
    return text if isinstance(text, Markup) else Markup(html.escape(plain(str(text))))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return one element.

    Args:
        name: of the element.
        *children: text (escaped), Markup, None (nothing), or iterables of these.
        **attributes: `_` stands for `-`, a trailing one is dropped (`class_`); True gives the bare
            name, None and False
            leave it out.
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        parts.append(f" {key}" if value is True else f' {key}="{escape(value)}"')
    parts.append(">")
    if name not in _VOID:
        parts.append(join(children))
        parts.append(f"</{name}>")
    return Markup("".join(parts))


def join(children: Iterable[object]) -> Markup:
    """Return the children one after another."""
    return Markup("".join(_child(child) for child in children))


def _child(child: object) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return escape(child)
    if isinstance(child, Iterable):
        return join(child)
    return escape(child)
