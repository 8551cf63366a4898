"""The closed list of families: what is collected, what begins at 0, and what docs/metrics.md is made from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, product
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName, Family
from analyzers.connection import Outcome, Party, Road

from ..account import DIRECT
from ..relayed import LegName
from . import labels
from .labels import UNDECIDED
from .scene import UNKNOWN_PEER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .labels import Label
    from .scene import Scene

__all__ = ["BUCKETS", "FAMILIES", "SERIES_AT_START", "UNDECIDED", "Key", "Kind", "Spec", "too_large"]

PREFIX = "mirrorprobe_"

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: a handshake between neighbours takes single milliseconds, and the deadline is 5 seconds."""

SERIES_AT_START = 50_000
"""Of one family: five times as many as fifty relays and a hundred members take; the text of so many is 6 MB a scrape."""

Key = tuple[str, ...]
"""The values of a family's labels, in their order."""


class Kind(StrEnum):
    """What kind of family it is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


_SUFFIXES = {Kind.COUNTER: "_total", Kind.INFO: "_info"}

_ENDS = (Blamed.CLIENT, Blamed.SERVER)
_BLAMED = {Family.TRANSPORT: (*_ENDS, Blamed.NETWORK), Family.NEGOTIATION: (*_ENDS, Blamed.BOTH)}
"""Whose fault a cause of a family can be; of the other families, one end's."""

_MEMBER_OUTCOMES = (Outcome.ESTABLISHED, Outcome.FAILED)
"""What begins at 0 for each member; with a hundred of them and fifty relays, all outcomes would be too many series."""


def _no_series(_scene: Scene) -> Iterator[Key]:
    return iter(())


def _no_company(_key: Key) -> Iterator[Key]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Spec:
    """One family."""

    name: str
    """Without prefix, and without the suffix that its kind adds."""
    kind: Kind
    labels: tuple[Label, ...]
    text: str
    """What it says: the help text."""
    unit: str = ""
    begins: Callable[[Scene], Iterator[Key]] = _no_series
    """Gives the series that stand at 0 before anything was seen."""
    begins_at_least: Callable[[Scene], Iterator[Key]] = _no_series
    """Those that do where all would be more than `SERIES_AT_START`."""
    beside: Callable[[Key], Iterator[Key]] = _no_company
    """Gives the series that stand at 0 from when the first of them is seen, where they did not before."""
    since: str = "0.1.0"

    @property
    def family(self) -> str:
        """The family's name."""
        return PREFIX + self.name

    @property
    def sample(self) -> str:
        """The name by which queries find it."""
        return self.family + _SUFFIXES.get(self.kind, "")

    def allows(self, scene: Scene) -> Callable[[Key], bool]:
        """Give what tells whether every value of a key may stand under a configuration."""
        allowed = [label.allowed(scene) for label in self.labels]
        return lambda key: all(
            values is None or value in values for value, values in zip(key, allowed, strict=True)
        )

    def is_too_large(self, scene: Scene) -> bool:
        """Tell whether more series would begin at 0 than a family may have before anything was seen."""
        return next(islice(self.begins(scene), SERIES_AT_START, None), None) is not None

    def at_start(self, scene: Scene) -> Iterator[Key]:
        """Give the series that begin at 0."""
        return (self.begins_at_least if self.is_too_large(scene) else self.begins)(scene)


def _handshakes(scene: Scene) -> Iterator[Key]:
    for name, peer in product(scene.names, scene.peers):
        for outcome in tuple(Outcome) if peer == UNKNOWN_PEER else _MEMBER_OUTCOMES:
            yield name, peer, outcome.value


def _handshakes_of_anybody(scene: Scene) -> Iterator[Key]:
    return ((name, UNKNOWN_PEER, outcome.value) for name in scene.names for outcome in Outcome)


def _handshakes_beside(key: Key) -> Iterator[Key]:
    name, peer, _ = key
    return ((name, peer, outcome.value) for outcome in _MEMBER_OUTCOMES)


def _failures(scene: Scene) -> Iterator[Key]:
    for one in scene.watched:
        for leg in tuple(LegName) if one.road is Road.RELAY else (DIRECT,):
            yield one.name, str(leg), UNDECIDED, Blamed.BOTH.value
            for cause in catalogue().values():
                for party in _BLAMED.get(cause.family, _ENDS):
                    yield one.name, str(leg), cause.id, party.value


def _violations(scene: Scene) -> Iterator[Key]:
    return ((one.name, check.value, one.action) for one in scene.watched for check in CheckName)


def _bytes(scene: Scene) -> Iterator[Key]:
    return ((one.name, party.value) for one in scene.relays for party in Party)


def _ceilings(scene: Scene) -> Iterator[Key]:
    return ((one.name, ceiling) for one in scene.relays for ceiling in labels.CEILING.values)


def _names(scene: Scene) -> Iterator[Key]:
    return ((name,) for name in scene.names)


FAMILIES = (
    Spec(
        "handshakes",
        Kind.COUNTER,
        (labels.RELAY, labels.PEER, labels.OUTCOME),
        "Connections by the member that made them and how far they came.",
        begins=_handshakes,
        begins_at_least=_handshakes_of_anybody,
        beside=_handshakes_beside,
    ),
    Spec(
        "handshake_failures",
        Kind.COUNTER,
        (labels.RELAY, labels.LEG, labels.CAUSE, labels.PARTY),
        "Connections that could not be used, by root cause and the end whose fault it is.",
        begins=_failures,
    ),
    Spec(
        "policy_violations",
        Kind.COUNTER,
        (labels.RELAY, labels.CHECK, labels.ACTION),
        "Failed checks, by what is done about them.",
        begins=_violations,
    ),
    Spec(
        "relayed_bytes",
        Kind.COUNTER,
        (labels.RELAY, labels.DIRECTION),
        "Application bytes that an end sent through a relay.",
        unit="bytes",
        begins=_bytes,
    ),
    Spec(
        "connections_refused",
        Kind.COUNTER,
        (labels.RELAY, labels.CEILING),
        "Connections that a relay turned away at a ceiling.",
        begins=_ceilings,
    ),
    Spec(
        "negotiated",
        Kind.COUNTER,
        (labels.VERSION, labels.CIPHER_SUITE),
        "Established connections by protocol version and cipher suite.",
    ),
    Spec("events_dropped", Kind.COUNTER, (labels.SINK,), "Events that a sink lost."),
    Spec("connections_active", Kind.GAUGE, (labels.RELAY,), "Open connections of a relay."),
    Spec(
        "pair_up",
        Kind.GAUGE,
        (labels.FROM, labels.TO, labels.CHANNEL),
        "Whether the last connection between two members could be used; no series before one was seen.",
    ),
    Spec(
        "certificate_not_before_timestamp_seconds",
        Kind.GAUGE,
        (labels.MEMBER, labels.ROLE),
        "When the certificate that a member showed last begins to be valid, epoch seconds.",
        unit="seconds",
    ),
    Spec(
        "certificate_not_after_timestamp_seconds",
        Kind.GAUGE,
        (labels.MEMBER, labels.ROLE),
        "When the certificate that a member showed last ends to be valid, epoch seconds.",
        unit="seconds",
    ),
    Spec(
        "certificate",
        Kind.INFO,
        (labels.MEMBER, labels.ROLE, labels.KEY, labels.SIGNATURE),
        "The certificate that a member showed last.",
    ),
    Spec(
        "certificate_renewal_loses_client_auth",
        Kind.GAUGE,
        (labels.MEMBER,),
        "Whether the renewal of a certificate that the member showed will not allow it to dial (public authority).",
    ),
    Spec(
        "last_check_timestamp_seconds",
        Kind.GAUGE,
        (labels.RELAY,),
        "When a check was last made, whatever came of it, epoch seconds; no series before the first.",
        unit="seconds",
    ),
    Spec(
        "config_last_reload_successful",
        Kind.GAUGE,
        (),
        "Whether the configuration was good when it was read last; if not, the one before is at work.",
    ),
    Spec(
        "config_last_reload_success_timestamp_seconds",
        Kind.GAUGE,
        (),
        "When the configuration at work was read, epoch seconds.",
        unit="seconds",
    ),
    Spec("history_rows", Kind.GAUGE, (), "Connections in the history; no series without one."),
    Spec(
        "relay",
        Kind.INFO,
        (labels.RELAY, labels.ROAD, labels.ACTION, labels.CALLED),
        "What is watched, and the member that its connections go to.",
    ),
    Spec("build", Kind.INFO, labels.BUILD, "This program."),
    Spec(
        "handshake_duration_seconds",
        Kind.HISTOGRAM,
        (labels.RELAY,),
        "Seconds from the ClientHello until the handshake was complete; of a terminating relay, on both legs.",
        unit="seconds",
        begins=_names,
    ),
)
"""Every family, in the order of the exposition."""


def too_large(scene: Scene) -> tuple[str, ...]:
    """Name the families of which a configuration would have too many series begin at 0."""
    return tuple(spec.sample for spec in FAMILIES if spec.is_too_large(scene))
