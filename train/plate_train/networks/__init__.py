"""Network files (.h5, .keras): checked, read and written; TensorFlow set up."""
