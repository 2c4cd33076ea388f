"""Scenes with number plates, drawn from nothing: streets, cars, signs, light and cameras."""
