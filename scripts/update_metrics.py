"""Write docs/metrics.md from the table of families: `python scripts/update_metrics.py`; `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from probe.metrics.families import BUCKETS, FAMILIES, SERIES_AT_START, Kind
from probe.metrics.labels import Label, Source

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"

LISTED = 10
"""Values of a label that are written out; the catalogue's are in README.md."""

HEAD = f"""\
# Metrics

Written by `scripts/update_metrics.py` from `probe/metrics/families.py`: do not edit.

`GET /metrics` answers in the Prometheus text format, or in OpenMetrics 1.0 where the request's `Accept` prefers it.
The list of families, labels and values is closed. Names of members, relays, checks and live captures are those of the
configuration; no distinguished name, serial number or address is a label. Every failure, policy check and ceiling that
a relay, check or live capture can meet begins at 0, so `rate()` and `increase()` see the first one. Of `outcome`,
members begin with `established` and `failed`, connections of nobody known with all.

A family that would begin with more than {SERIES_AT_START:,} series, as a thousand relays would have it, does not: its
series begin when they are first seen, so `increase()` misses the first failure of a cause. A member's first connection
through a relay begins both its outcomes. `mirrorprobe config check` names such families.

In OpenMetrics `mirrorprobe_handshake_failures_total` bears an exemplar, `connection_id`: the last connection that failed
so, as `/api/connections/{{id}}` and the events name it. Prometheus keeps exemplars with
`--enable-feature=exemplar-storage`. There are no `_created` series: Prometheus takes them for families of their own.

## Families
"""

PAIR_STATES = (
    (
        "1",
        (
            "TCP and TLS were completed and neither end refused the other afterwards; or, without TLS, data went both ways. "
            "A connection that lasts counts two seconds after its handshake (live capture: when it ends)."
        ),
    ),
    (
        "0",
        (
            "TCP did not open, the handshake failed or did not end, an end refused the other, the server left a complete "
            "handshake at once without a byte of its own (why is then a matter of the connection's findings), or the "
            "relay enforced a rule."
        ),
    ),
    (
        "as before",
        (
            "The client left without a byte, or at once after a complete handshake (a health check does so), data went "
            "one way only, the capture lacks a part, or a check's server did not answer a bare ClientHello."
        ),
    ),
    ("no series", "Nothing that tells was seen since the start."),
)

PAIRS = """\
`mirrorprobe_pair_up` is about the last connection that one member made to another on a channel.

{}

A check speaks for a pair only until a connection of the members themselves was seen: it comes from another address,
and sends no preamble. Plaintext where TLS is required is a policy violation, and leaves the pair up.
"""


def families_table() -> str:
    """Give every family."""
    rows = ["| family | type | labels | what it says | since |", "|---|---|---|---|---|"]
    for spec in FAMILIES:
        labels = ", ".join(f"`{label.name}`" for label in spec.labels)
        rows.append(f"| `{spec.sample}` | {spec.kind} | {labels} | {spec.text} | {spec.since} |")
    return "\n".join(rows)


def values_of(label: Label) -> str:
    """Say which values a label has."""
    if label.source is not Source.CLOSED:
        return label.source.value
    values = [f"`{value}`" for value in label.values]
    return ", ".join(values) if len(values) <= LISTED else f"{len(values)} values"


def labels_table() -> str:
    """Give every label once, with the families that have it."""
    holders: dict[Label, list[str]] = {}
    for spec in FAMILIES:
        for label in spec.labels:
            holders.setdefault(label, []).append(spec.sample.removeprefix("mirrorprobe_"))
    rows = ["| label | of | meaning | values |", "|---|---|---|---|"]
    for label, names in holders.items():
        families = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| `{label.name}` | {families} | {label.meaning} | {values_of(label)} |")
    return "\n".join(rows)


def page() -> str:
    """Give the whole page."""
    histogram = next(spec.sample for spec in FAMILIES if spec.kind is Kind.HISTOGRAM)
    bounds = ", ".join(map(str, BUCKETS))
    states = "\n".join(
        ["| value | what was seen |", "|---|---|", *(f"| {v} | {text} |" for v, text in PAIR_STATES)]
    )
    return (
        f"{HEAD}\n{families_table()}\n\nBuckets of `{histogram}`, in seconds: {bounds}.\n"
        f"\n## Labels\n\n{labels_table()}\n\n## When a pair is up\n\n{PAIRS.format(states)}"
    )


def main() -> int:
    """Update the page, or with `--check` say whether it is current."""
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
