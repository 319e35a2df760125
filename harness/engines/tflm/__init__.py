"""The engine tflm: TensorFlow Lite for Microcontrollers, from a library that the user built (docs/engines.md)."""
