"""Conversion of Keras networks to TFLite and ONNX."""
