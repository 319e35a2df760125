"""Measurements as pandas frames; pandas is imported when a frame is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.errors import MissingToolError
from harness.store.columns import COLUMNS, LAYER_COLUMNS, Scalar, layer_values

if TYPE_CHECKING:
    import pandas

    from harness.store.database import Stored

# Nullable only where a figure may not exist, so that arithmetic on the rest stays plain numpy.
_DTYPES: dict[type[Scalar], str] = {
    str: "object",
    int: "int64",
    float: "float64",
    bool: "boolean",
}


def measurement_frame(stored: Iterable[Stored]) -> pandas.DataFrame:
    """Return one row per measurement, the columns of COLUMNS; missing floats are NaN, missing
    booleans pandas.NA.

    Raises:
        MissingToolError: pandas is not installed.
    """
    rows = [tuple(column.value(s) for column in COLUMNS) for s in stored]
    return _frame(rows, tuple((column.name, column.type) for column in COLUMNS))


def layer_frame(stored: Iterable[Stored]) -> pandas.DataFrame:
    """Return one row per layer, the columns of LAYER_COLUMNS.

    Raises:
        MissingToolError: pandas is not installed.
    """
    return _frame([row for s in stored for row in layer_values(s)], LAYER_COLUMNS)


def _frame(
    rows: list[tuple[Scalar, ...]], columns: tuple[tuple[str, type[Scalar]], ...]
) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError as error:
        raise MissingToolError("pandas", "frames", "pip install 'tinyhil[frames]'") from error
    frame = pandas.DataFrame(rows, columns=[name for name, _ in columns], dtype="object")
    typed: pandas.DataFrame = frame.astype({name: _DTYPES[kind] for name, kind in columns})
    return typed
