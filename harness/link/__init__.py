"""The host's side of both link languages (docs/link.md)."""
