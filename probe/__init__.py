"""The probe: everything that touches sockets, clocks and files."""
