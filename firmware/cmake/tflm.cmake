# The engine tflm: C++17, a prebuilt libtensorflow-microlite.a and the headers it was built from (harness/engines/tflm
# finds both). Adds to the target `tinyhil_fast` what it needs; called once that exists.

set(TINYHIL_TFLM_LIBRARY "" CACHE FILEPATH "libtensorflow-microlite.a")
set(TINYHIL_TFLM_INCLUDES "" CACHE STRING "Folders of its headers, a list")
set(TINYHIL_TFLM_DEFINES "" CACHE STRING "What it was compiled with, a list")
set(TINYHIL_TFLM_ADD_OPS "" CACHE STRING "Methods of MicroMutableOpResolver that add the model's operators, a list")

function(tinyhil_tflm_sources result)
  set(sources engines/tflm/tflm_blob.c engines/tflm/tflm_log.c engines/tflm/tflm_engine.cc)
  if(NOT TINYHIL_FAMILY STREQUAL "native")
    list(APPEND sources engines/tflm/tflm_runtime.cc)
  endif()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

function(tinyhil_tflm_setup target)
  tinyhil_require_file("${TINYHIL_TFLM_LIBRARY}" "set TINYHIL_TFLM_LIBRARY")
  list(LENGTH TINYHIL_TFLM_ADD_OPS TH_TFLM_OP_COUNT)
  set(TH_TFLM_ADD_OPS "")
  foreach(method IN LISTS TINYHIL_TFLM_ADD_OPS)
    string(APPEND TH_TFLM_ADD_OPS " (void)(resolver)->${method}();")
  endforeach()
  if(TH_TFLM_OP_COUNT EQUAL 0)
    set(TH_TFLM_OP_COUNT 1) # of a model without operators; an array of none is no C++
    set(TH_TFLM_ADD_OPS "(void)(resolver);")
  endif()
  configure_file(engines/tflm/tflm_ops.h.in "${CMAKE_CURRENT_BINARY_DIR}/tflm/tflm_ops.h" @ONLY)
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/tflm")
  target_include_directories(${target} SYSTEM PRIVATE ${TINYHIL_TFLM_INCLUDES})
  target_compile_definitions(${target} PRIVATE ${TINYHIL_TFLM_DEFINES} "TH_TFLM_KERNELS=\"${TINYHIL_KERNELS}\"")
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${TINYHIL_WARNINGS};-fno-rtti;-fno-exceptions;-fno-threadsafe-statics;-fno-unwind-tables;-fno-asynchronous-unwind-tables>)
  target_link_libraries(${target} PUBLIC "${TINYHIL_TFLM_LIBRARY}")
endfunction()
