# The firmware image: target tinyhil_firmware -> tinyhil.elf and tinyhil.map.

set(TINYHIL_CONFIG_DIR "" CACHE PATH "Folder with the target's board_config.h and, but for native, linker.ld")
set(TINYHIL_FAMILY "" CACHE STRING "cortex_m, riscv or native")
set(TINYHIL_UART "" CACHE STRING "But for native: the driver board/mcu/uart_*.c")
set(TINYHIL_COUNTER "" CACHE STRING "But for native: the driver board/mcu/counter_*.c")
set(TINYHIL_ENGINE "plan" CACHE STRING "What executes models: plan or tflm; or timing, which runs benchmarks instead")
set(TINYHIL_KERNELS "reference" CACHE STRING "Kernel set of the plan engine, a folder under kernels/ with a table.c")
set(TINYHIL_CPU_FLAGS "" CACHE STRING "Compiler flags of the core, a list")
set(TINYHIL_DEPLOY_BLOB "" CACHE FILEPATH "Deploy build: the plan to link in")
set(TINYHIL_DEPLOY_OPS "" CACHE STRING "Deploy build: its opcodes without TH_OP_, a list")
set(TINYHIL_DEPLOY_ARENA "" CACHE STRING "Deploy build: bytes of its activations")
set(TINYHIL_DEPLOY_IO "" CACHE STRING "Deploy build: bytes of its inputs and outputs")

function(tinyhil_require_file path why)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "${path} does not exist: ${why}")
  endif()
endfunction()

include(cmake/kernels.cmake)
include(cmake/tflm.cmake)

tinyhil_require_file("${TINYHIL_CONFIG_DIR}/board_config.h" "set TINYHIL_CONFIG_DIR")

set(board_sources board/stack_paint.c)
if(TINYHIL_FAMILY MATCHES "^(cortex_m|riscv)$")
  set(uart board/mcu/uart_${TINYHIL_UART}.c)
  set(counter board/mcu/counter_${TINYHIL_COUNTER}.c)
  tinyhil_require_file("${CMAKE_CURRENT_SOURCE_DIR}/${uart}" "no such TINYHIL_UART")
  tinyhil_require_file("${CMAKE_CURRENT_SOURCE_DIR}/${counter}" "no such TINYHIL_COUNTER")
  tinyhil_require_file("${TINYHIL_CONFIG_DIR}/linker.ld" "${TINYHIL_FAMILY} needs a linker script")
  list(APPEND board_sources
    board/mcu/start.c board/mcu/board.c board/mcu/cycles.c board/mcu/modelled.c
    board/mcu/rx_ring.c ${uart} ${counter})
  if(TINYHIL_FAMILY STREQUAL "cortex_m")
    list(APPEND board_sources board/cortex_m/startup.c board/cortex_m/cpu.c board/cortex_m/fault.c)
    set(libc -specs=nano.specs)
  else()
    list(APPEND board_sources board/riscv/startup.S board/riscv/cpu.c board/riscv/trap.c)
    set(libc -specs=picolibc.specs)
  endif()
elseif(TINYHIL_FAMILY STREQUAL "native")
  list(APPEND board_sources
    board/native/board.c board/native/serial.c board/native/fault.c board/native/options.c)
else()
  message(FATAL_ERROR "TINYHIL_FAMILY is '${TINYHIL_FAMILY}': must be cortex_m, riscv or native")
endif()
if(TINYHIL_ENGINE STREQUAL "plan")
  tinyhil_kernel_sources(${TINYHIL_KERNELS} kernel_sources)
  set(engine_sources ${TINYHIL_PLAN_ENGINE_SOURCES} ${kernel_sources})
  # What runs once per plan is small rather than fast.
  set(checks ${engine_sources})
  list(FILTER checks INCLUDE REGEX "/(check_[a-z]+|checks|plan_check)\\.c$")
  set_source_files_properties(${checks} PROPERTIES COMPILE_OPTIONS -Os)
elseif(TINYHIL_ENGINE STREQUAL "timing")
  set(engine_sources ${TINYHIL_TIMING_ENGINE_SOURCES})
  if(TINYHIL_FAMILY STREQUAL "cortex_m")
    list(APPEND engine_sources engines/timing/arm/micro.S)
  elseif(TINYHIL_FAMILY STREQUAL "riscv")
    list(APPEND engine_sources engines/timing/riscv/micro.S)
  endif()
elseif(TINYHIL_ENGINE STREQUAL "tflm")
  enable_language(CXX)
  set(CMAKE_CXX_STANDARD 17)
  set(CMAKE_CXX_STANDARD_REQUIRED ON)
  tinyhil_tflm_sources(engine_sources)
else()
  message(FATAL_ERROR "TINYHIL_ENGINE is '${TINYHIL_ENGINE}': must be plan, tflm or timing")
endif()

# Everything in one place: the same flags for every part, apart from the optimisation. Paths are cut, so that the same
# sources give the same image in any folder; of several matching maps GCC takes the last.
add_library(tinyhil_common INTERFACE)
target_include_directories(tinyhil_common INTERFACE
  "${CMAKE_CURRENT_SOURCE_DIR}" "${TINYHIL_CONFIG_DIR}")
target_compile_options(tinyhil_common INTERFACE
  ${TINYHIL_CPU_FLAGS} ${libc} -g -ffunction-sections -fdata-sections
  "-ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=firmware"
  "-ffile-prefix-map=${TINYHIL_CONFIG_DIR}=config"
  "-ffile-prefix-map=${CMAKE_CURRENT_BINARY_DIR}=build"
  $<$<COMPILE_LANGUAGE:C>:${TINYHIL_WARNINGS}>)

if(TINYHIL_DEPLOY_BLOB)
  foreach(bytes IN ITEMS TINYHIL_DEPLOY_ARENA TINYHIL_DEPLOY_IO)
    if(NOT "${${bytes}}" MATCHES "^[0-9]+$")
      message(FATAL_ERROR "${bytes} is '${${bytes}}': must be a number of bytes")
    endif()
  endforeach()
  configure_file("${TINYHIL_DEPLOY_BLOB}" "${CMAKE_CURRENT_BINARY_DIR}/model/model.bin" COPYONLY)
  target_compile_definitions(tinyhil_common INTERFACE
    TH_DEPLOY TH_DEPLOY_OPS
    TH_DEPLOY_ARENA_BYTES=${TINYHIL_DEPLOY_ARENA}u TH_DEPLOY_IO_BYTES=${TINYHIL_DEPLOY_IO}u)
  foreach(op IN LISTS TINYHIL_DEPLOY_OPS)
    target_compile_definitions(tinyhil_common INTERFACE TH_USE_${op})
  endforeach()
  set(deploy_sources deploy/model.S deploy/arena.c)
  set_source_files_properties(deploy/model.S PROPERTIES
    INCLUDE_DIRECTORIES "${CMAKE_CURRENT_BINARY_DIR}/model"
    OBJECT_DEPENDS "${CMAKE_CURRENT_BINARY_DIR}/model/model.bin")
endif()

add_library(tinyhil_fast OBJECT ${engine_sources})
target_link_libraries(tinyhil_fast PRIVATE tinyhil_common)
target_compile_options(tinyhil_fast PRIVATE -O2)
if(TINYHIL_ENGINE STREQUAL "tflm")
  tinyhil_tflm_setup(tinyhil_fast)
endif()
if(TINYHIL_ENGINE STREQUAL "plan" AND TINYHIL_KERNELS STREQUAL "cmsis_nn")
  include(cmake/cmsis_nn.cmake)
  target_link_libraries(tinyhil_fast PRIVATE tinyhil_cmsis_nn_headers)
  set(kernel_library tinyhil_cmsis_nn)
endif()

add_executable(tinyhil_firmware ${TINYHIL_APP_SOURCES} ${board_sources} ${deploy_sources})
target_link_libraries(tinyhil_firmware PRIVATE tinyhil_common tinyhil_fast ${kernel_library} m)
target_compile_options(tinyhil_firmware PRIVATE -Os)
set_target_properties(tinyhil_firmware PROPERTIES OUTPUT_NAME tinyhil SUFFIX .elf)
target_link_options(tinyhil_firmware PRIVATE
  ${TINYHIL_CPU_FLAGS} -Wl,--gc-sections "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/tinyhil.map" -Wl,--build-id=none)

if(TINYHIL_FAMILY STREQUAL "native")
  find_package(Threads REQUIRED)
  target_compile_definitions(tinyhil_firmware PRIVATE _GNU_SOURCE)
  target_link_libraries(tinyhil_firmware PRIVATE Threads::Threads)
  # Binding symbols lazily would use the firmware's measured stack.
  target_link_options(tinyhil_firmware PRIVATE -Wl,-z,now)
else()
  target_link_options(tinyhil_firmware PRIVATE
    -nostartfiles ${libc} "-T${TINYHIL_CONFIG_DIR}/linker.ld" -Wl,--fatal-warnings)
  set_target_properties(tinyhil_firmware PROPERTIES LINK_DEPENDS "${TINYHIL_CONFIG_DIR}/linker.ld")
endif()
