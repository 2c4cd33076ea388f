"""From a trained `.h5` to checked model files for devices; the command is `plate-export`."""
