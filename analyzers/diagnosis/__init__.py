"""From what was observed to what it means."""
