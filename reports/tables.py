"""Tables: frames that scroll, tables that sort, plain ones, and their cells."""

from __future__ import annotations

from collections.abc import Sequence

from reports.markup import Markup, tag

# With more rows than this, a table scrolls in a frame of its own.
_TALL = 40

Heading = tuple[str, str, bool]
"""Of a column: name, second line ("" for none), whether it holds numbers."""


def scrolling(table: Markup, name: str, *, tall: bool = False) -> Markup:
    """Return the table in a frame that scrolls sideways on a narrow page, also by keyboard.

    A `tall` table also scrolls up and down below its headings, so that the page stays short.
    """
    style = "scroll tall" if tall else "scroll"
    return tag("div", table, class_=style, role="region", aria_label=name, tabindex="0")


def sortable_table(caption: str, headings: Sequence[Heading], rows: Sequence[Markup]) -> Markup:
    """Return a table of rows (`tr`) that a click on a heading sorts."""
    heads = (
        tag(
            "th",
            tag("span", name, class_="name"),
            tag("small", second) if second else None,
            scope="col",
            class_="number" if number else None,
        )
        for name, second, number in headings
    )
    table = tag(
        "table",
        tag("caption", caption, class_="hidden"),
        tag("thead", tag("tr", heads)),
        tag("tbody", rows),
        class_="results sortable",
    )
    return scrolling(table, caption.partition(",")[0], tall=len(rows) > _TALL)


def text_cell(text: str, *small: str | Markup, class_: str | None = None) -> Markup:
    """Return a cell of text with smaller lines below."""
    return tag("td", text, _small(small), class_=class_)


def number_cell(value: float, text: str, *small: str | Markup) -> Markup:
    """Return a cell of a figure, sorted by its `value`, with smaller lines below."""
    return tag("td", tag("b", text), _small(small), class_="number", data_value=repr(value))


def _small(lines: Sequence[str | Markup]) -> list[Markup]:
    return [tag("small", line) for line in lines if line]


def plain_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Return a table whose first column names the rows and whose others hold figures."""
    heads = [
        tag("th", name, scope="col", class_=None if at == 0 else "number")
        for at, name in enumerate(names)
    ]
    lines = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_="number") for cell in row[1:]),
        )
        for row in rows
    ]
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *lines))
    return tag("div", table, class_="scroll")
