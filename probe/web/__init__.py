"""The HTTP port: the live page, its API, the stream of connections, metrics and health. It changes nothing."""
