#include "board/mcu/modelled.h"

/* The model stores its count 8 bytes behind the first hint, while that is executed; until then the magic stands there. The
 * stub lies with the code, where the guest itself never writes: a write to a page of translated code would be slow. */
#define MAGIC_LOW 0x6c65646f
#define MAGIC_HIGH 0x6d6f6e21
#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

void th_modelled_stub(void);
void th_modelled_reset_history(void);
extern const volatile uint32_t th_modelled_count[2];

/* Hints 0x46 and 0x47 of targets/timing/plugin/decode.h. */
#if defined(__riscv)
#define HINT_RESET ".option push\n.option norvc\nslti x0, x0, 0x46\n.option pop\n"
#define HINT_CYCLES ".option push\n.option norvc\nslti x0, x0, 0x47\nret\n.option pop\n"
#define RETURN "ret\n"
#define SECTION "\"ax\",@progbits"
#define FUNCTION(name) ".type " name ", @function\n" name ":\n"
#elif defined(__ARM_ARCH_6M__)
#define HINT_RESET ".inst.n 0xbf60\n"
#define HINT_CYCLES ".inst.n 0xbf70\nbx lr\nnop\nnop\n"
#define RETURN "bx lr\n"
#define SECTION "\"ax\",%progbits"
#define FUNCTION(name) ".type " name ", %function\n.thumb_func\n" name ":\n"
#else
#define HINT_RESET ".inst.w 0xf3af8046\n"
#define HINT_CYCLES ".inst.w 0xf3af8047\nbx lr\nnop\n"
#define RETURN "bx lr\n"
#define SECTION "\"ax\",%progbits"
#define FUNCTION(name) ".type " name ", %function\n.thumb_func\n" name ":\n"
#endif

__asm__(".pushsection .text.th_modelled_stub, " SECTION "\n"
        ".p2align 3\n"
        ".global th_modelled_stub\n"
        FUNCTION("th_modelled_stub")
        HINT_CYCLES
        ".global th_modelled_count\n"
        "th_modelled_count:\n"
        ".word " TEXT(MAGIC_LOW) ", " TEXT(MAGIC_HIGH) "\n"
        ".global th_modelled_reset_history\n"
        FUNCTION("th_modelled_reset_history")
        HINT_RESET
        RETURN
        ".popsection\n");

bool th_modelled_present(void) {
  th_modelled_stub();
  return th_modelled_count[0] != MAGIC_LOW || th_modelled_count[1] != MAGIC_HIGH;
}

uint64_t th_modelled_cycles(void) {
  th_modelled_stub();
  return (uint64_t)th_modelled_count[1] << 32 | th_modelled_count[0];
}
