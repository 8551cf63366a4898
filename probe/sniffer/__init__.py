"""Live capture: packets of one interface, read as a capture file that never ends (design section 1)."""
