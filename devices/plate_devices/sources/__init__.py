"""Where pictures come from: files, videos, cameras and a drawn drive, all behind one protocol."""
