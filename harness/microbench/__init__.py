"""Micro-benchmarks and general-purpose kernels on a target, against what the core's manual says and against a board.

suite      what runs: the list of benchmarks that an image has, and the blob that makes it run them
device     talks to the running device; its product are samples
figures    samples to one figure per benchmark; pure
expected   counts derived by hand from the cores' manuals (expected/*.toml), checksums of the kernels
document   what is written to a file and read again
fit        finds the parameters of a timing model under which it shows a board's figures
"""
