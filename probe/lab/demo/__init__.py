"""`mirrorprobe demo`: the mirror in a box behind real relays, a healthy round, and then every fault once.

Nothing is staged for the relays: they get the certificates of the members for which they stand, and see
connections. What they must find is known from the table of faults, and each verdict is held against it.
"""
