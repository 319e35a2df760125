"""A target's TOML in the words of the firmware: board_config.h, linker.ld, CMake's variables.

Pure functions. The macros are those of firmware/board/board_config.example.h.
"""

from __future__ import annotations

from harness.engines.plan.kernels import kernel_set
from targets.schema import (
    Nrf51Uart,
    Ns16550Uart,
    PtyUart,
    Region,
    SseCounter,
    Stm32Timers,
    Target,
)

IMAGE_ID_BYTES = 16
_DEPLOY_RING_BYTES = 512
_DEPLOY_PAYLOAD = 256


def board_config(target: Target, image_id: bytes, *, deploy: bool) -> str:
    """Return board_config.h; `image_id` (16 bytes) identifies the image in HELLO (docs/link.md).

    A deploy image takes no upload: its link buffers are small, as its RAM is what is measured.
    """
    if len(image_id) != IMAGE_ID_BYTES:
        raise ValueError(f"an image id has {IMAGE_ID_BYTES} bytes, not {len(image_id)}")
    ratio = target.cycles_per_tick
    slot = target.memory.slot
    ring, payload = target.uart.rx_ring_bytes, target.uart.max_payload
    if deploy:
        ring, payload = min(ring, _DEPLOY_RING_BYTES), min(payload, _DEPLOY_PAYLOAD)
    macros = {
        "TH_TARGET_NAME": f'"{target.name}"',
        "TH_CORE_NAME": f'"{target.core.name}"',
        "TH_CLOCK_HZ": f"{target.clock_hz}u",
        "TH_CYCLES_NUM": f"{ratio.numerator}u",
        "TH_CYCLES_DEN": f"{ratio.denominator}u",
        "TH_SLOT_BASE": f"{slot.origin:#010x}u",
        "TH_SLOT_BYTES": f"{slot.length:#010x}u",
        "TH_SLOT_WRITABLE": str(int(slot.writable)),
        "TH_STACK_BYTES": f"{target.stack_bytes}u",
        "TH_RX_RING_BYTES": f"{ring}u",
        "TH_MAX_PAYLOAD": f"{payload}u",
        "TH_MAX_EVENTS": str(target.uart.max_events),
        "TH_IMAGE_ID": "{ " + ", ".join(f"{byte:#04x}" for byte in image_id) + " }",
        "TH_HAS_FPU": str(int(target.core.fpu)),
        **_uart_macros(target),
        **_counter_macros(target),
    }
    if target.plic_base is not None:
        macros["TH_PLIC_BASE"] = f"{target.plic_base:#010x}u"
    if target.family == "native":
        macros["TH_NATIVE_ARENA_BYTES"] = f"{target.memory.ram.length:#010x}u"
    lines = [f"#define {name} {value}" for name, value in macros.items()]
    guard = "TINYHIL_BOARD_CONFIG_H"
    head = f"/* Generated from {target.name}.toml by harness/build. */"
    return "\n".join([head, f"#ifndef {guard}", f"#define {guard}", *lines, "#endif", ""])


def linker_script(template: str, target: Target, *, deploy: bool) -> str:
    """Fill in board/mcu/linker.ld.in.

    A deploy image has no model slot: where the slot follows the code, the code may grow into it.
    """
    memory = target.memory
    code = memory.code
    if deploy and memory.slot.origin == code.end:
        code = Region(origin=code.origin, length=code.length + memory.slot.length)
    values = {
        "CODE_ORIGIN": f"{code.origin:#010x}",
        "CODE_LENGTH": f"{code.length:#x}",
        "RAM_ORIGIN": f"{memory.ram.origin:#010x}",
        "RAM_LENGTH": f"{memory.ram.length:#x}",
        "STACK_BYTES": str(target.stack_bytes),
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def cmake_variables(target: Target, engine: str, kernels: str) -> dict[str, str]:
    """Return the -D variables of firmware/CMakeLists.txt that target, engine and kernels decide."""
    return {
        "TINYHIL_FAMILY": target.family,
        "TINYHIL_UART": target.uart.driver,
        "TINYHIL_COUNTER": target.counter.driver,
        "TINYHIL_ENGINE": engine,
        "TINYHIL_KERNELS": kernel_set(kernels, target.core.simd).folder,
        "TINYHIL_CPU_FLAGS": ";".join(target.core.cflags),
    }


def _uart_macros(target: Target) -> dict[str, str]:
    uart = target.uart
    if isinstance(uart, PtyUart):
        return {}
    macros = {
        "TH_UART_BASE": f"{uart.base:#010x}u",
        "TH_UART_BAUD": f"{uart.baud}u",
        "TH_UART_RX_IRQ": str(uart.rx_irq),
    }
    if isinstance(uart, Nrf51Uart):
        return macros | {
            "TH_UART_TX_PIN": f"{uart.tx_pin}u",
            "TH_UART_RX_PIN": f"{uart.rx_pin}u",
        }
    macros["TH_UART_CLOCK_HZ"] = f"{uart.clock_hz}u"
    if isinstance(uart, Ns16550Uart):
        macros["TH_UART_REGISTER_SHIFT"] = f"{uart.register_shift}u"
    return macros


def _counter_macros(target: Target) -> dict[str, str]:
    counter = target.counter
    if counter.driver == "host_clock":
        return {}
    macros = {"TH_COUNTER_HZ": f"{counter.hz}u"}
    if counter.driver == "mcycle":
        return macros
    macros["TH_COUNTER_BASE"] = f"{counter.base:#010x}u"
    if isinstance(counter, Stm32Timers):
        macros["TH_COUNTER_COARSE_BASE"] = f"{counter.coarse_base:#010x}u"
        macros["TH_COUNTER_PRESCALER"] = f"{counter.prescaler}u"
    if isinstance(counter, SseCounter):
        macros["TH_COUNTER_CONTROL_BASE"] = f"{counter.control_base:#010x}u"
    return macros
