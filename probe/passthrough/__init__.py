"""The relay that forwards bytes untouched and reads the handshake in a copy (design section 5)."""
