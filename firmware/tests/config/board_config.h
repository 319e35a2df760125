/* The host tests' configuration. */
#include "board/board_config.example.h"
