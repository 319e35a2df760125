/* The plan's blob, linked in. The build copies it to model.bin, on the assembler's search path. */
  .section .rodata.model, "a", %progbits
  .balign 16
  .global th_model_start
  .type th_model_start, %object
th_model_start:
  .incbin "model.bin"
  .size th_model_start, . - th_model_start
  .global th_model_end
  .type th_model_end, %object
th_model_end:
  .size th_model_end, 0
#if defined(__ELF__) && !defined(__arm__)
  .section .note.GNU-stack, "", %progbits
#endif
