"""The engine tflm: TensorFlow Lite for Microcontrollers, linked from a library that the user has built (docs/engines.md)."""
