/* The micro-benchmarks of RISC-V cores: one object file, so that their table is in one piece. */
#include "engines/timing/riscv/frame.inc"
#include "engines/timing/riscv/loads.inc"

table_end
