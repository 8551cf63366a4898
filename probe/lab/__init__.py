"""A mirror in a box: an authority, members with stand-ins for agent and superserver, and faults, on loopback.

Nothing here is InterSystems IRIS. The stand-ins do what the vendor's page says about TLS between mirror
members; the few bytes that they speak besides TLS are invented for the lab.
"""
