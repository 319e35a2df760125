"""The base of everything read from a TOML file, and the kinds of values in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ADDRESS_SPACE_BYTES = 1 << 32

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Address = Annotated[int, Field(ge=0, lt=ADDRESS_SPACE_BYTES)]
Count = Annotated[int, Field(gt=0, lt=ADDRESS_SPACE_BYTES)]
Strings = Annotated[
    tuple[str, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
]


class Record(BaseModel):
    """Base of all records here: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
