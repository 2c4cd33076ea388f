"""The live page: the camera's picture in a browser, with hints for aiming."""
