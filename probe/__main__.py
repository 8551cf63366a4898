"""`python -m probe` is `mirrorprobe`."""

from __future__ import annotations

from .cli import main

main()
