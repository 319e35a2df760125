"""Networks as typed descriptions: layers, counters, quantised parameters, and the way to and from .tflite."""
