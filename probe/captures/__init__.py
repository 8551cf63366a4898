"""Capture files on the command line: finding them, dividing the work, and writing what was found."""
