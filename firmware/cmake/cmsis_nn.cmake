# CMSIS-NN's sources as library tinyhil_cmsis_nn, for the kernel set cmsis_nn; they lie outside this repository.

set(TINYHIL_CMSIS_NN_DIR "" CACHE PATH "Folder with cmsis_nn/ and cmsis_core/ of CMSIS-NN 4.0.0")
tinyhil_require_file("${TINYHIL_CMSIS_NN_DIR}/cmsis_nn/Include/arm_nnfunctions.h" "set TINYHIL_CMSIS_NN_DIR")

file(GLOB_RECURSE cmsis_nn_sources CONFIGURE_DEPENDS "${TINYHIL_CMSIS_NN_DIR}/cmsis_nn/Source/*.c")
add_library(tinyhil_cmsis_nn_headers INTERFACE)
target_include_directories(tinyhil_cmsis_nn_headers SYSTEM INTERFACE
  "${TINYHIL_CMSIS_NN_DIR}/cmsis_nn/Include" "${TINYHIL_CMSIS_NN_DIR}/cmsis_core/Include")
if(NOT TINYHIL_FAMILY STREQUAL "cortex_m")
  # What cmsis_compiler.h and arm_acle.h of an Arm compiler would give: the library's own way to build on a host.
  target_compile_definitions(tinyhil_cmsis_nn_headers INTERFACE
    __GNUC_PYTHON__ __ASM=__asm __RESTRICT=__restrict)
endif()
add_library(tinyhil_cmsis_nn OBJECT ${cmsis_nn_sources})
target_link_libraries(tinyhil_cmsis_nn PRIVATE tinyhil_cmsis_nn_headers tinyhil_common)
# Left shifts of accumulators wrap in TensorFlow Lite too. Warnings are its authors' business.
target_compile_options(tinyhil_cmsis_nn PRIVATE -O2 -fwrapv -w)
