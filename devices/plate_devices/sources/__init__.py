"""Sources of frames: files, videos, cameras and the demo, behind one protocol."""
