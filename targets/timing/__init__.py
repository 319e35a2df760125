"""The timing model of emulated cores: parameters as data (Python) and the QEMU plugin that applies them (plugin/, C)."""
