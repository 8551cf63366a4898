"""The HTTP side of the probe."""
