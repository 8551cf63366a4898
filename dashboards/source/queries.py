"""What is asked of Prometheus, in the words of `docs/metrics.md`.

`$probe` holds the instances that watch the chosen mirror, so that a query need not join every family with
`mirrorprobe_build_info`. Two probes may watch one pair or one certificate: then the worse answer counts.
"""

from __future__ import annotations

__all__ = [
    "DAYS_LEFT",
    "LIFETIME_LEFT",
    "UP_BY_PAIR",
    "certificates",
    "counted",
    "family",
    "per_second",
    "total",
]

_PROBE = 'instance=~"$probe"'


def family(name: str, *matchers: str) -> str:
    """Select a family of the chosen probes, narrowed by further matchers."""
    return f"mirrorprobe_{name}{{{', '.join((_PROBE, *matchers))}}}"


def per_second(name: str, by: str, *matchers: str) -> str:
    """Give the rate of a counter, summed by labels."""
    return f"sum by ({by}) (rate({family(name, *matchers)}[$__rate_interval]))"


def counted(name: str, by: str, *matchers: str) -> str:
    """Give how much a counter grew in each step of a course, summed by labels; what did not is left out."""
    return f"sum by ({by}) (increase({family(name, *matchers)}[$__rate_interval])) > 0"


def total(name: str, by: str, *matchers: str) -> str:
    """Give how much a counter grew in the whole time range, summed by labels; what did not is left out."""
    return f"sum by ({by}) (increase({family(name, *matchers)}[$__range])) > 0"


UP_BY_PAIR = f"min by (from, to, channel) ({family('pair_up')})"


def certificates(value: str, *matchers: str) -> str:
    """Give a value for each member and role; `value` names the families `not_after` and `not_before`."""
    ends = family("certificate_not_after_timestamp_seconds", *matchers)
    begins = family("certificate_not_before_timestamp_seconds", *matchers)
    return f"min by (member, role) ({value.format(not_after=ends, not_before=begins)})"


DAYS_LEFT = "({not_after} - time()) / 86400"
LIFETIME_LEFT = "({not_after} - time()) / ({not_after} - {not_before})"
