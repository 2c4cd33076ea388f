"""The live page: a picture to aim the camera by, in any browser."""
