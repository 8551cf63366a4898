"""What a mirror is meant to be."""
