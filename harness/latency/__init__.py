"""Latency models: calibrated from measurements, predicting with intervals (docs/latency.md)."""
