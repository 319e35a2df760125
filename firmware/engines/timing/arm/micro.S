/* The micro-benchmarks of Arm cores: one object file, so that their table is in one piece. What a core lacks is left out. */
#include "engines/timing/arm/frame.inc"
#include "engines/timing/arm/loads.inc"
#include "engines/timing/arm/alu.inc"
#include "engines/timing/arm/multiply.inc"
#include "engines/timing/arm/branches.inc"
#include "engines/timing/arm/memory.inc"
#include "engines/timing/arm/floating.inc"
#include "engines/timing/arm/vectors.inc"

table_end
