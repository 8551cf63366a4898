"""Active checks: questions to a server, each answered by a real handshake of our own."""
