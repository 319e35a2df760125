"""Writing of .tflite files."""
