"""What gets measured: model generators and the writing of .tflite files."""
