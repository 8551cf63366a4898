"""What the probe counts, as Prometheus families (design section 11)."""

from __future__ import annotations

from .collector import Metrics
from .families import BUCKETS, FAMILIES, UNDECIDED
from .scene import UNKNOWN_PEER, Watched, watched_by

__all__ = ["BUCKETS", "FAMILIES", "UNDECIDED", "UNKNOWN_PEER", "Metrics", "Watched", "watched_by"]
