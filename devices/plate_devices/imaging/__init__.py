"""Text, plates and overlays that are drawn into pictures."""
