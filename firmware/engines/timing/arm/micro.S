/* The micro-benchmarks of Arm cores: one object file, so that their table is in one piece. */
#include "engines/timing/arm/frame.inc"
#include "engines/timing/arm/loads.inc"

table_end
