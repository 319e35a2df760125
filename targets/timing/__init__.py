"""The timing model of emulated cores: its parameters as data, and the QEMU plugin (plugin/, C)."""
