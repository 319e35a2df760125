/* The micro-benchmarks of RISC-V cores: one object file, so that their table is in one piece. */
#include "engines/timing/riscv/frame.inc"
#include "engines/timing/riscv/loads.inc"
#include "engines/timing/riscv/alu.inc"
#include "engines/timing/riscv/branches.inc"
#include "engines/timing/riscv/memory.inc"

table_end
