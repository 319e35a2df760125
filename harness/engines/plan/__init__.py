"""The plan engine's host side: .tflite -> graph -> program -> placement -> blob."""
