"""Kernel sets on the cores that they are written for, bit for bit against the oracle."""
