"""The emulator's cycle model: chosen for a target, built for the QEMU at hand, named in every measurement."""
