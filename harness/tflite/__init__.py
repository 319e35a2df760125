"""Reading of .tflite files: the schema as data and a bounds-checked reader."""
