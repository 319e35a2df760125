"""What a target file and a core file may contain, as frozen typed records.

Every key is described in docs/targets.md. Unknown keys are errors; nothing is coerced (a string is
never a number).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from targets.record import ADDRESS_SPACE_BYTES, Address, Count, Name, Record, Strings, Text
from targets.timing.core import CoreTiming
from targets.timing.memory import MemoryTiming, Unaligned

_SMALLEST_DIVISOR = 16
_NRF51_COARSE_HZ = 16_000_000 // 512
_GUARD_BYTES = 4096  # forbidden around the RAM by the memory protection of RISC-V
_FRAME_OVERHEAD_BYTES = 64  # delimiters, COBS codes, type, seq and CRC of docs/link.md, rounded up


Simd = Literal["none", "dsp", "mve"]


class Core(Record):
    """A processor core: what the compiler must be told.

    Attributes:
        toolchain: family of compilers; "host" is the machine's own.
        cflags: flags that select the core, used for compiling and linking.
        fpu: whether single-precision floating point is done in hardware.
        simd: integer vector instructions: "dsp" (two 16-bit lanes: Armv7E-M, the DSP extension of Armv8-M), "mve".
        source: where the facts come from.
        timing: what its instructions cost, for the emulator's cycle model; None where that is not known.
        unaligned: what its unaligned accesses cost; None where that is not known.
    """

    schema_version: Literal[1] = Field(alias="schema")
    name: Name
    isa: Text
    toolchain: Literal["arm-none-eabi", "riscv64-unknown-elf", "host"]
    cflags: Strings
    fpu: bool
    simd: Simd = "none"
    source: Text
    timing: CoreTiming | None = None
    unaligned: Unaligned | None = None

    def __str__(self) -> str:
        return self.name


class Region(Record):
    """A range of addresses, in bytes. On `native` only the length counts and the origin is 0."""

    origin: Address = 0
    length: Count

    @model_validator(mode="after")
    def _no_wrap(self) -> Region:
        if self.end > ADDRESS_SPACE_BYTES:
            raise ValueError(f"length: reaches {self.end:#x}, past the 32-bit address space")
        return self

    @property
    def end(self) -> int:
        """First address behind the region."""
        return self.origin + self.length


class SlotRegion(Region):
    """The model slot; `writable` says whether the firmware may change it while it runs."""

    writable: bool


class Memory(Record):
    """The regions an image may use: code (flash), RAM, and the model slot."""

    code: Region
    ram: Region
    slot: SlotRegion

    @model_validator(mode="after")
    def _no_overlap(self) -> Memory:
        regions = sorted(self.named().items(), key=lambda item: item[1].origin)
        if not any(region.origin for _, region in regions):
            return self  # native: lengths only
        problems = [
            f"{name}: begins at {region.origin:#x}, inside {before} (up to {below.end:#x})"
            for (before, below), (name, region) in itertools.pairwise(regions)
            if region.origin < below.end
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def named(self) -> dict[str, Region]:
        """The regions by name."""
        return {"code": self.code, "ram": self.ram, "slot": self.slot}


class _Link(Record):
    """Buffers of the link, and how many layer events the firmware keeps."""

    rx_ring_bytes: int = Field(ge=256, le=65536)
    max_payload: int = Field(ge=256, le=32768)
    max_events: int = Field(default=256, ge=16, le=256)

    @model_validator(mode="after")
    def _ring_holds_a_frame(self) -> _Link:
        problems = []
        if self.rx_ring_bytes & (self.rx_ring_bytes - 1):
            problems.append("rx_ring_bytes: must be a power of two")
        if self.rx_ring_bytes < self.max_payload + self.max_payload // 128 + _FRAME_OVERHEAD_BYTES:
            problems.append(
                f"max_payload: a frame of {self.max_payload} bytes does not fit rx_ring_bytes"
            )
        if problems:
            raise ValueError("\n".join(problems))
        return self


class _Wire(_Link):
    """A UART with registers at `base`, which interrupts with number `rx_irq` on reception."""

    base: Address
    rx_irq: int = Field(ge=0, lt=496)
    baud: Count


class _ClockedUart(_Wire):
    """A UART that divides `clock_hz` by at least 16."""

    clock_hz: Count

    @model_validator(mode="after")
    def _divisor(self) -> _ClockedUart:
        if self.clock_hz // self.baud < _SMALLEST_DIVISOR:
            raise ValueError(f"baud: above clock_hz / {_SMALLEST_DIVISOR}")
        return self


class CmsdkUart(_ClockedUart):
    """Arm CMSDK APB UART (DDI 0479)."""

    driver: Literal["cmsdk"]


class Stm32Uart(_ClockedUart):
    """USART of STM32: "stm32_f4" with one data register (F1, F2, F4, L1), "stm32_f7" with two (all newer ones)."""

    driver: Literal["stm32_f4", "stm32_f7"]


class Ns16550Uart(_ClockedUart):
    """16550; its registers lie 2^register_shift bytes apart."""

    driver: Literal["ns16550"]
    register_shift: int = Field(default=0, ge=0, le=3)


class Nrf51Uart(_Wire):
    """UART of Nordic nRF51; its clock is always 16 MHz."""

    driver: Literal["nrf51"]
    baud: int = Field(ge=1200, le=1_000_000)
    tx_pin: int = Field(ge=0, lt=32)
    rx_pin: int = Field(ge=0, lt=32)


class PtyUart(_Link):
    """A pseudo terminal of the host."""

    driver: Literal["pty"]


class CmsdkDualTimer(Record):
    """Arm CMSDK dual timer (DDI 0479, 4.2)."""

    driver: Literal["cmsdk_dual_timer"]
    base: Address
    hz: Count


class SseCounter(Record):
    """System counter of an Arm SSE-300 subsystem; `control_base` is the frame that enables it."""

    driver: Literal["sse_counter"]
    base: Address
    control_base: Address
    hz: Count


class Nrf51Counter(Record):
    """SysTick at `hz`, with an nRF51 TIMER at `base` that counts its turns."""

    driver: Literal["nrf51"]
    base: Address
    hz: Count

    @model_validator(mode="after")
    def _whole_ticks(self) -> Nrf51Counter:
        if self.hz % _NRF51_COARSE_HZ:
            raise ValueError(
                f"hz: must be a multiple of {_NRF51_COARSE_HZ} (TIMER, divided by 512)"
            )
        return self


class Stm32Timers(Record):
    """Two 32-bit timers of an STM32 (TIM2, TIM5): `base` counts their clock / `prescaler`, which is `hz`."""

    driver: Literal["stm32_tim"]
    base: Address
    coarse_base: Address
    prescaler: int = Field(ge=1, le=64)
    hz: Count


class Mcycle(Record):
    """The cycle counter of a RISC-V hart."""

    driver: Literal["mcycle"]
    hz: Count


class HostClock(Record):
    """The host's monotonic clock."""

    driver: Literal["host_clock"]
    hz: Count


class QemuSettings(Record):
    """How QEMU is started.

    Attributes:
        icount_shift: one instruction takes 2^icount_shift ns of virtual time.
        mirror_at: address at which the machine's memory repeats; nothing may reach it.
    """

    kind: Literal["qemu"]
    program: Text
    machine: Name
    icount_shift: int = Field(ge=0, le=10)
    mirror_at: Address | None = None


class NativeSettings(Record):
    """The firmware as a process of the host."""

    kind: Literal["native"]


class Timing(Record):
    """What the firmware's cycle counts mean, for the provenance of a measurement."""

    kind: Literal["modelled", "measured"]
    unit: Literal["instructions", "cycles", "nanoseconds"]
    model: Text


class PowerState(Record):
    """Power drawn in one state of the core: `power_mw`, or `ua_per_mhz` at `vdd_v`.

    Attributes:
        source: the published figure, in words.
        proxy: the part whose figure it is, where that is not the target itself.
    """

    power_mw: float | None = Field(default=None, gt=0)
    ua_per_mhz: float | None = Field(default=None, gt=0)
    vdd_v: float | None = Field(default=None, gt=0, le=5.5)
    source: Text
    proxy: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> PowerState:
        by_current = (self.ua_per_mhz is not None, self.vdd_v is not None)
        if any(by_current) != all(by_current) or (self.power_mw is not None) == all(by_current):
            raise ValueError("give either power_mw, or ua_per_mhz and vdd_v")
        return self

    def mw(self, clock_hz: int) -> float:
        """Power in mW at `clock_hz`."""
        if self.power_mw is not None:
            return self.power_mw
        assert self.ua_per_mhz is not None and self.vdd_v is not None  # _one_way
        return self.ua_per_mhz * self.vdd_v * clock_hz * 1e-9


class Power(Record):
    """Power per core state."""

    active: PowerState
    sleep: PowerState | None = None


_TOOLCHAINS = {"cortex_m": "arm-none-eabi", "riscv": "riscv64-unknown-elf", "native": "host"}
_COUNTERS = {
    "cortex_m": ("cmsdk_dual_timer", "nrf51", "sse_counter", "stm32_tim"),
    "riscv": ("mcycle",),
    "native": ("host_clock",),
}


class Target(Record):
    """Something that can be measured: one file of targets/catalog, with its core.

    Attributes:
        core: read from targets/cores.
        clock_hz: clock that the firmware's cycles count.
        family: board support it is built with, firmware/board/<family>.
        plic_base: interrupt controller; riscv only, and needed there.
        memory_timing: what its memory costs, for the emulator's cycle model; None for memory that answers at once.
        power_note: why there is no [power] table.
    """

    schema_version: Literal[1] = Field(alias="schema")
    name: Name
    title: Text
    kind: Literal["emulator", "host", "board"]
    core: Core
    clock_hz: Count
    family: Literal["cortex_m", "riscv", "native"]
    stack_bytes: int = Field(ge=1024, le=1 << 26, multiple_of=16)
    memory: Memory
    uart: Annotated[
        CmsdkUart | Nrf51Uart | Ns16550Uart | Stm32Uart | PtyUart, Field(discriminator="driver")
    ]
    counter: Annotated[
        CmsdkDualTimer | Mcycle | Nrf51Counter | SseCounter | Stm32Timers | HostClock,
        Field(discriminator="driver"),
    ]
    plic_base: Address | None = None
    driver: Annotated[QemuSettings | NativeSettings, Field(discriminator="kind")]
    timing: Timing
    memory_timing: MemoryTiming | None = None
    power: Power | None = None
    power_note: Text | None = None

    @field_validator("core", mode="before")
    @classmethod
    def _read_core(cls, value: Any, info: ValidationInfo) -> Any:
        find: Callable[[str], Core] | None = (info.context or {}).get("core")
        return find(value) if find and isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        problems = [*self._family_problems(), *self._memory_problems(), *self._count_problems()]
        if self.memory_timing is not None:
            problems += self.memory_timing.problems(self.memory.named())
        if self.power is None and self.power_note is None:
            problems.append("power_note: say why there is no [power] table")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _family_problems(self) -> list[str]:
        kinds = {"qemu": "emulator", "native": "host"}
        host = self.family == "native"
        riscv = self.family == "riscv"
        wants = {
            "kind": (self.kind, kinds[self.driver.kind]),
            "driver.kind": (self.driver.kind == "native", host),
            "uart.driver": (self.uart.driver == "pty", host),
            "counter.driver": (self.counter.driver in _COUNTERS[self.family], True),
            "core": (self.core.toolchain, _TOOLCHAINS[self.family]),
            "plic_base": (self.plic_base is not None, riscv),
        }
        return [
            f"{path}: does not go with family '{self.family}' and driver '{self.driver.kind}'"
            for path, (have, want) in wants.items()
            if have != want
        ]

    def _memory_problems(self) -> list[str]:
        problems = []
        if self.stack_bytes >= self.memory.ram.length:
            problems.append("stack_bytes: leaves nothing of memory.ram")
        ram = self.memory.ram
        if self.family == "riscv" and (ram.origin % _GUARD_BYTES or ram.length % _GUARD_BYTES):
            problems.append(f"memory.ram: origin and length must be multiples of {_GUARD_BYTES}")
        mirror_at = self.driver.mirror_at if isinstance(self.driver, QemuSettings) else None
        for name, region in self.memory.named().items():
            if mirror_at is not None and region.origin < mirror_at < region.end:
                problems.append(
                    f"memory.{name}.length: reaches {region.end:#x}, "
                    f"but memory repeats from {mirror_at:#x} on (driver.mirror_at)"
                )
        return problems

    def _count_problems(self) -> list[str]:
        ratio = self.cycles_per_tick
        if isinstance(self.driver, QemuSettings) and ratio >= Fraction(1, 2):
            # Rounding a reading to the nearest instruction is exact only then.
            return [
                f"counter.hz: one tick spans {float(ratio):g} instructions, must be below 0.5; "
                "raise driver.icount_shift"
            ]
        if ratio.numerator >= ADDRESS_SPACE_BYTES or ratio.denominator & (ratio.denominator - 1):
            # Dividing by a power of two costs the same for every value, which a cycle counter must.
            return [f"counter.hz: {ratio} cycles per tick; the divisor must be a power of two"]
        return []

    @property
    def cycles_per_tick(self) -> Fraction:
        """Cycles of the firmware per tick of its counter.

        Under QEMU's -icount one instruction takes 2^shift ns and counts as one cycle; elsewhere
        both clocks are real.
        """
        if isinstance(self.driver, QemuSettings):
            return Fraction(10**9, self.counter.hz << self.driver.icount_shift)
        return Fraction(self.clock_hz, self.counter.hz)

    def active_mw(self) -> float | None:
        """Power in mW while the core works, or None where nothing is published (see power_note)."""
        return self.power.active.mw(self.clock_hz) if self.power else None
