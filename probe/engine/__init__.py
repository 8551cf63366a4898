"""The TLS engine of relay and checks: pyOpenSSL on memory BIOs."""
