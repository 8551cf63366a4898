"""The form of an entry in the catalogue of root causes.

An entry is a module of this package. Its file name is its id, its docstring is its documentation, its
function `check` looks at a `Case` and yields a `Suspicion` for each way in which the cause applies. Nothing
registers it: `catalogue()` finds it.

    CAUSE = entry(__name__, __doc__, family=Family.TRUST, severity=Severity.HIGH,
                  needs=frozenset({Fact.REFUSAL}), check=check)

The docstring opens with the summary, one sentence, and has the sections of `SECTIONS` in their order, each
a heading with a colon on a line of its own above indented text. *What to do* and *References* are lists of `- ` items:
they are the finding's remedy and references, so that nothing is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from textwrap import dedent
from typing import TYPE_CHECKING

from analyzers.connection import Party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .inquiry.case import Case

__all__ = [
    "SECTIONS",
    "Bearing",
    "Blamed",
    "Cause",
    "CheckName",
    "Evidence",
    "Fact",
    "Family",
    "Severity",
    "State",
    "Suspicion",
    "entry",
    "of_party",
]

SECTIONS = (
    "What it is",
    "On the wire",
    "In the logs",
    "Why it happens in a mirror",
    "What to do",
    "References",
)
"""The headings of an entry's documentation."""


class Severity(StrEnum):
    """How much a cause matters, whichever connection shows it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class State(StrEnum):
    """How we know."""

    OBSERVED = "observed"
    """The bytes prove it."""
    INFERRED = "inferred"


class Family(StrEnum):
    """What a cause has to do with."""

    PURPOSE = "purpose"
    VALIDITY = "validity"
    TRUST = "trust"
    STRENGTH = "strength"
    IDENTITY = "identity"
    MUTUAL_AUTHENTICATION = "mutual authentication"
    NEGOTIATION = "negotiation"
    POLICY = "policy"
    TRANSPORT = "transport"


class Blamed(StrEnum):
    """The end whose configuration is at fault."""

    CLIENT = "client"
    SERVER = "server"
    BOTH = "both"
    NETWORK = "network"


class CheckName(StrEnum):
    """The seven checks of a mirror connection (the vendor's three actions, taken apart)."""

    MUTUAL_AUTHENTICATION = "mutual_authentication"
    CLIENT_DN = "client_dn"
    SERVER_DN = "server_dn"
    PROTOCOL = "protocol"
    CIPHER = "cipher"
    CERTIFICATES = "certificates"
    ENCRYPTION = "encryption"


class Fact(Enum):
    """What must be known before an entry is asked, so that it need not ask itself."""

    TLS = "one end at least spoke TLS"
    NO_TLS = "no TLS was seen"
    CLIENT_HELLO = "the ClientHello was read"
    SERVER_HELLO = "the ServerHello was read"
    CLIENT_CERTIFICATE = "the client's certificate was seen"
    SERVER_CERTIFICATE = "the server's certificate was seen"
    CERTIFICATE = "the certificate of one end at least was seen"
    DOUBT = "a certificate was seen, and a fault in its chain, or how the connection ended, speaks against it"
    REFUSAL = "one end refused, or broke off before the connection could be used"
    ALERT = "it said so with an alert that we can read"
    ESTABLISHED = "the handshake was completed, and nothing shows that it was refused"
    MIRROR = "the connection is one that the mirror's rules are for"
    NETWORK_ERROR = "TCP failed where we were an end of it"


class Bearing(Enum):
    """What a suspicion is about."""

    EXPLAINS = "why the connection failed"
    STANDS = "a fault that is there, whether or not this connection failed of it"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that can be looked up: what was seen, and where."""

    text: str
    frame: int | None = None
    """The packet's number, as Wireshark counts."""
    offset: int | None = None
    """Bytes from the start of the direction that the text names."""
    source: str | None = None
    """Where else it is written: a certificate's fingerprint, the mirror definition."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One way in which a cause applies to a connection."""

    party: Blamed
    summary: str
    """Who and what, in one sentence."""
    evidence: tuple[Evidence, ...]
    confidence: float
    state: State
    bearing: Bearing = Bearing.EXPLAINS
    is_seen: bool = False
    """Whether the fault itself was read off the bytes, even where it is only inferred that the connection
    failed of it."""
    blames_unseen: bool = False
    """Whether it is about a certificate, or a trust store, that was not seen: such a suspicion is never the
    verdict."""

    def weaker(self, factor: float) -> Suspicion:
        """Give it with so much of its confidence: then it is no more than inferred."""
        return replace(self, confidence=round(self.confidence * factor, 2), state=State.INFERRED)


@dataclass(frozen=True, slots=True)
class Cause:
    """An entry of the catalogue."""

    id: str
    family: Family
    severity: Severity
    summary: str
    needs: frozenset[Fact]
    check: Callable[[Case], Iterator[Suspicion]]
    remedy: tuple[str, ...]
    references: tuple[str, ...]
    sections: Mapping[str, str] = field(repr=False)
    """The documentation: heading to text, in order."""
    caused_by: frozenset[str] = frozenset()
    """Ids of causes of which this one is a mere consequence: where one of them explains, this does not
    lead."""
    fails: tuple[CheckName, ...] = ()
    """The checks that an observed finding of this cause fails; of the two names, the one of the party to
    blame."""

    @property
    def breaks_rule(self) -> bool:
        """Whether it is wrong in a mirror even where nothing failed of it."""
        return bool(self.fails) and self.severity.rank <= Severity.HIGH.rank


def entry(
    module: str,
    documentation: str | None,
    *,
    family: Family,
    severity: Severity,
    needs: frozenset[Fact],
    check: Callable[[Case], Iterator[Suspicion]],
    caused_by: frozenset[str] = frozenset(),
    fails: tuple[CheckName, ...] = (),
) -> Cause:
    """Make the entry of `module` from its name and docstring.

    Raises:
        ValueError: the docstring is missing, or lacks a section; the module is at fault.
    """
    if not documentation:
        msg = f"{module} has no documentation"
        raise ValueError(msg)
    summary, sections = _read(module, documentation)
    return Cause(
        id=module.rpartition(".")[2].replace("_", "-"),
        family=family,
        severity=severity,
        summary=summary,
        needs=needs,
        check=check,
        remedy=_items(sections["What to do"]),
        references=_items(sections["References"]),
        sections=sections,
        caused_by=caused_by,
        fails=fails,
    )


def of_party(party: Party | None) -> Blamed:
    """Name one end as the one to blame; None is both."""
    if party is None:
        return Blamed.BOTH
    return Blamed.CLIENT if party is Party.CLIENT else Blamed.SERVER


def _read(module: str, documentation: str) -> tuple[str, Mapping[str, str]]:
    summary, _, rest = documentation.strip().partition("\n\n")
    sections: dict[str, str] = {}
    heading = ""
    for line in rest.splitlines():
        if line.rstrip(":") in SECTIONS:
            heading = line.rstrip(":")
            sections[heading] = ""
        elif heading:
            sections[heading] += line + "\n"
    if tuple(sections) != SECTIONS:
        msg = f"{module} must have the sections {', '.join(SECTIONS)}, and has {', '.join(sections)}"
        raise ValueError(msg)
    return " ".join(summary.split()), {name: dedent(text).strip("\n") for name, text in sections.items()}


def _items(text: str) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in f"\n{text}".split("\n- ")[1:])
