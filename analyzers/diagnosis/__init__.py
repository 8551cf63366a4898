"""Which root cause explains a connection, and which an error text."""
