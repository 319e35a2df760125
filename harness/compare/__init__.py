"""Comparing two sets of measurements: what changed, beyond noise, and is it worse (docs/compare.md)."""
