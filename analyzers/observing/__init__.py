"""What an `Observer` is made of."""
