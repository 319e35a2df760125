"""The bench: link to a device, build, run, measure, store, calibrate, command line."""

from __future__ import annotations

from importlib import metadata

try:
    __version__ = metadata.version("tinyhil")
except metadata.PackageNotFoundError:
    __version__ = "0.0.0+source"
