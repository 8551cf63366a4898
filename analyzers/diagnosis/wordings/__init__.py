"""What TLS stacks write in logs when a handshake fails, one file a stack, and what it means."""
