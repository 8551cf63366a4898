"""Capture files on the command line: finding them, dividing the work, and writing what was found."""

from __future__ import annotations

import os

# numpy's linear algebra, of which nothing is used, would start threads that wait busily for work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
