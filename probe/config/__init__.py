"""`mirrorprobe.toml`: what it may say, every problem in it at once, and the frozen values that it becomes."""

from __future__ import annotations

from .definition import load_mirror
from .load import load_config
from .settings import Action, CheckConfig, Config, Limits, Mode, RelayConfig, SniffConfig

__all__ = [
    "Action",
    "CheckConfig",
    "Config",
    "Limits",
    "Mode",
    "RelayConfig",
    "SniffConfig",
    "load_config",
    "load_mirror",
]
