/* System control space of the Armv6-M to Armv8.1-M cores (Arm v7-M/v8-M ARM, B3.2 and D1.2). */
#ifndef TINYHIL_REGISTERS_H
#define TINYHIL_REGISTERS_H

#include <stdint.h>

#include "board/mcu/mmio.h"

#define NVIC_ISER ((uintptr_t)0xE000E100u) /* one bit per interrupt */
#define SCB_VTOR ((uintptr_t)0xE000ED08u)
#define SCB_AIRCR ((uintptr_t)0xE000ED0Cu)
#define SCB_CCR ((uintptr_t)0xE000ED14u)
#define SCB_SHCSR ((uintptr_t)0xE000ED24u)
#define SCB_CFSR ((uintptr_t)0xE000ED28u)
#define SCB_HFSR ((uintptr_t)0xE000ED2Cu)
#define SCB_MMFAR ((uintptr_t)0xE000ED34u)
#define SCB_BFAR ((uintptr_t)0xE000ED38u)
#define SCB_CPACR ((uintptr_t)0xE000ED88u)
#define MPU_TYPE ((uintptr_t)0xE000ED90u)
#define MPU_CTRL ((uintptr_t)0xE000ED94u)
#define MPU_RNR ((uintptr_t)0xE000ED98u)
#define MPU_RBAR ((uintptr_t)0xE000ED9Cu)
#define MPU_RASR ((uintptr_t)0xE000EDA0u)

#define AIRCR_SYSRESETREQ 0x05FA0004u
#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_FAULTS_ENABLED (7u << 16) /* memory management, bus, usage */
#define CFSR_MMARVALID (1u << 7)
#define CFSR_BFARVALID (1u << 15)
#define MPU_TYPE_REGIONS (0xFFu << 8)
#define MPU_CTRL_ON (1u | 4u) /* enabled; elsewhere the default memory map holds */
#define MPU_RASR_4KIB_NO_ACCESS (1u << 28 | 11u << 1 | 1u)
#define CPACR_FPU (0xFu << 20) /* coprocessors 10 and 11: FPU, MVE */

#endif
