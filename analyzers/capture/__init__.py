"""Captures: files to windows of packets, packets to TCP segments, segments to streams."""
