"""The store of measurements: SQLite by default, any SQLAlchemy URL (docs/results.md).

Importing this package costs nothing: SQLAlchemy is imported when a store is opened, pandas when a
frame is asked for, pyarrow when a .parquet is written.
"""

from harness.store.location import default_url
from harness.store.store import Store

__all__ = ["Store", "default_url"]
