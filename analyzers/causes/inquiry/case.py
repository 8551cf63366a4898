"""All that an entry of the catalogue may look at."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes.entry import Bearing, Evidence, Fact, State, Suspicion, of_party
from analyzers.connection import PARTIES, EventKind, Outcome, Party
from analyzers.mirror.definition import Policy
from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose

from .alerts import REFUSED_BY_ALL, alert_fit
from .departure import read_departure
from .identity import Comparison, compare_with_list
from .progress import Stage, read_progress
from .refusal import Refusal, Signal, read_refusal
from .scope import is_mirror_traffic, member_of
from .stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from analyzers.connection import Connection, Tls
    from analyzers.mirror.definition import Member, Mirror
    from analyzers.x509.certificate import Certificate
    from analyzers.x509.chain import ChainReport

    from .stack import StackGuess

__all__ = ["Case", "Fault"]

_JUDGES_AT = {
    Party.CLIENT: frozenset({Stage.CLIENT_FLIGHT, Stage.AFTER_COMPLETION}),
    Party.SERVER: frozenset({Stage.SERVER_FLIGHT, Stage.CLIENT_FLIGHT, Stage.AFTER_COMPLETION}),
}
"""When the other end may refuse what this party presented; some clients look at the chain only after the
handshake."""

_FIT_WITHOUT_WORDS = {
    Signal.ENCRYPTED_ALERT: 0.8,
    Signal.FIN: 0.87,
    Signal.CLOSE_NOTIFY: 0.87,
    Signal.RST: 0.87,
    Signal.SILENCE: 0.75,
}
"""How well a fault that a verifier refuses explains an end without an alert, at the moment when it had
looked."""

_ASKED_FOR = "server-name-mismatch"
"""Only suspected of a client that named the host, and such clients compare names."""

_REFUSED_BY_SOME = 0.75
"""What is left of that for a fault that some verifiers do not mind."""

_FIT_OF_BLINDING = 0.87
"""s2n-tls does not leave at once when a handshake fails, but waits for up to half a minute."""

_EXPLAINS_FROM = 0.3
"""Below this, the refusal says something else, and the fault just happens to be there too."""

_PROVED_FROM = 0.85
"""From here the alert is the one that this fault brings forth, so that fault and refusal together are
observed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a chain."""

    party: Party
    """Who presented it."""
    depth: int
    certificate: Certificate | None
    """The certificate at that depth, where it is known."""
    exhibit: Evidence
    is_refused: bool
    """Whether OpenSSL refuses it; not, where it tolerates it, or where trust is not known."""

    @property
    def bearer(self) -> str:
        """Name the certificate in a sentence: the party's own, or an authority's by its name."""
        if self.depth == 0 or self.certificate is None:
            return f"the {self.party}'s certificate"
        return f"the authority {self.certificate.subject.rfc4514()} in the {self.party}'s chain"


_LEVELS = (1024, 2048, 3072, 7680, 15360)
"""Bits of RSA from which each of OpenSSL's security levels begins (SSL_CTX_set_security_level)."""

_MET_IN_THE_HANDSHAKE = frozenset({"weak-key", "weak-signature", "unsupported-key-type"})
"""What a TLS library refuses in the handshake or never: an end that leaves after it did not leave for these."""


class Case:
    """One connection under judgement; what costs time is worked out once, when it is first asked for."""

    __slots__ = (
        "_chains",
        "_fault_kinds",
        "_guess",
        "_identities",
        "_members",
        "_stacks",
        "at",
        "connection",
        "definition",
        "departure",
        "earlier",
        "facts",
        "mirror",
        "policy",
        "progress",
        "refusal",
        "trust",
    )

    def __init__(
        self,
        connection: Connection,
        definition: Mirror | None,
        *,
        at: float,
        earlier: tuple[Connection, ...],
        guess: Callable[[Connection, Party], StackGuess],
    ) -> None:
        """Look at `connection` as of `at`; `definition` counts where the connection is the mirror's,
        `guess` names stacks.
        """
        self.connection = connection
        self.definition = definition
        self.at = at
        self.earlier = earlier
        self.mirror = (
            definition if definition is not None and is_mirror_traffic(connection, definition) else None
        )
        self.policy = Policy() if self.mirror is None else self.mirror.policy
        self.trust = () if self.mirror is None else self.mirror.trust
        self.progress = read_progress(connection)
        self._take_end()
        self._guess = guess
        self._chains: dict[Party, ChainReport | None] = {}
        self._identities: dict[Party, Comparison | None] = {}
        self._members: dict[Party, Member | None] = {}
        self._stacks: dict[Party, StackGuess] = {}
        reports = [report for party in PARTIES if (report := self.chain(party)) is not None]
        self._fault_kinds = frozenset([error.kind for report in reports for error in report.errors])
        self.facts = frozenset(self._facts())

    def _take_end(self) -> None:
        """Find out how the connection ended."""
        self.refusal: Refusal | None = read_refusal(self.connection, self.progress)
        self.departure = read_departure(self.connection, self.progress) if self.refusal is None else None

    def like(self, connection: Connection, *, at: float, is_without_end: bool) -> Case | None:
        """Give the case of a connection like this one's, as of `at`; None where it ended in another way.

        Its ends are of the same members, and the validity of no certificate has changed. With `is_without_end`
        nobody refused, here or there, and nobody left at once.
        """
        case = object.__new__(Case)
        for name in _SHARED_BY_LIKE:
            setattr(case, name, getattr(self, name))
        case.connection = connection
        case.at = at
        if is_without_end:
            case.refusal = case.departure = None
            return case
        case._take_end()
        is_refused, is_left = case.refusal is not None, case.departure is not None
        is_same = is_refused is (self.refusal is not None) and is_left is (self.departure is not None)
        return case if is_same else None

    def _facts(self) -> Iterator[Fact]:
        tls = self.connection.tls
        yield Fact.NO_TLS if tls is None else Fact.TLS
        if tls is not None:
            yield from _tls_facts(tls)
        if self._is_in_doubt():
            yield Fact.DOUBT
        if self.refusal is not None:
            yield Fact.REFUSAL
            if self.refusal.signal is Signal.ALERT:
                yield Fact.ALERT
        if self.connection.outcome is Outcome.ESTABLISHED:
            yield Fact.ESTABLISHED
        if self.mirror is not None:
            yield Fact.MIRROR
        if self.connection.network_error is not None:
            yield Fact.NETWORK_ERROR

    def _is_in_doubt(self) -> bool:
        has_ended = self.refusal is not None or self.departure is not None
        is_faulty = bool(self.connection.verify_errors) or bool(self._fault_kinds)
        was_seen = any(self.chain(party) is not None for party in PARTIES)
        return was_seen and (has_ended or is_faulty)

    @property
    def tls(self) -> Tls:
        """What TLS showed; for entries that need `Fact.TLS` or what follows from it."""
        if self.connection.tls is None:
            raise LookupError("an entry asks about TLS without needing Fact.TLS")
        return self.connection.tls

    def stack(self, party: Party) -> StackGuess:
        """Guess the TLS implementation of `party`."""
        if party not in self._stacks:
            self._stacks[party] = self._guess(self.connection, party)
        return self._stacks[party]

    def member(self, party: Party) -> Member | None:
        """Give the member that `party` is, as far as the definition tells."""
        if party not in self._members:
            definition = self.definition
            self._members[party] = (
                None if definition is None else member_of(self.connection, party, definition)
            )
        return self._members[party]

    def name(self, party: Party) -> str:
        """Name an end as a sentence does: `IRISB (server)`, or by its role and address."""
        member = self.member(party)
        return (
            f"the {party} {self.connection.endpoint(party)}" if member is None else f"{member.name} ({party})"
        )

    def identity(self, party: Party) -> Comparison | None:
        """Compare the name of `party` with those that the mirror lists; None where there is no mirror, list
        or name.
        """
        if party not in self._identities:
            presented = self.certificates(party)
            listed = () if self.mirror is None else self.mirror.listed_names()
            known = bool(presented and listed)
            self._identities[party] = compare_with_list(presented[0], listed) if known else None
        return self._identities[party]

    def certificates(self, party: Party) -> tuple[Certificate, ...]:
        """The chain that `party` presented, empty where none was seen."""
        return self.connection.certificates_of(party) or ()

    def chain(self, party: Party) -> ChainReport | None:
        """The path from the certificate of `party` in the role that it played; None where none was seen."""
        if party not in self._chains:
            presented = self.certificates(party)
            self._chains[party] = self._chain(party, presented) if presented else None
        return self._chains[party]

    def _chain(self, party: Party, presented: tuple[Certificate, ...]) -> ChainReport:
        purpose = Purpose.CLIENT if party is Party.CLIENT else Purpose.SERVER
        level = bisect_right(_LEVELS, self.policy.minimum_rsa_bits)
        known = self.certificates(party.other) + self._earlier_certificates()
        return build_chain(presented, self.trust, self.at, purpose, security_level=level, known=known)

    def _earlier_certificates(self) -> tuple[Certificate, ...]:
        chains = (connection.certificates_of(party) for connection in self.earlier for party in PARTIES)
        return tuple(certificate for chain in chains for certificate in chain or ())

    def faults(self, kind: str, *codes: int) -> Iterable[Fault]:
        """Give what is wrong with the chains of either end in this way.

        `kind` is that of our own chain report; `codes` are the X509_V_ERR numbers with which our engine may
        have said the same of a chain in which the report found nothing.
        """
        if kind not in self._fault_kinds and not self.connection.verify_errors:
            return ()
        return self._faults(kind, codes)

    def _faults(self, kind: str, codes: tuple[int, ...]) -> Iterator[Fault]:
        for party in PARTIES:
            found = False
            report = self.chain(party)
            for error in () if report is None else report.errors:
                if error.kind == kind and report is not None:
                    found = True
                    certificate = report.path[min(error.depth, len(report.path) - 1)]
                    exhibit = self.exhibit(party, certificate, error.text)
                    yield Fault(party, error.depth, certificate, exhibit, is_refused=error.code > 0)
            if not found:
                yield from self._engine_faults(party, codes)

    def _engine_faults(self, party: Party, codes: tuple[int, ...]) -> Iterator[Fault]:
        for error in self.connection.verify_errors:
            if error.party is party and error.code in codes:
                text = f"our own OpenSSL says of the {party}'s chain: {error.text} (error {error.code} at depth {error.depth})"
                presented = self.certificates(party)
                certificate = presented[error.depth] if error.depth < len(presented) else None
                yield Fault(
                    party, error.depth, certificate, Evidence(text, source="OpenSSL"), is_refused=True
                )

    def frame_of(self, sender: Party, message: str) -> int | None:
        """The packet in which `sender` sent a handshake message of that name."""
        for event in self.connection.events:
            if event.sender is sender and event.name == message and event.kind is EventKind.HANDSHAKE:
                return event.frame
        return None

    def quote(self, sender: Party, message: str, text: str) -> Evidence:
        """Quote a handshake message of `sender` by name."""
        frame = self.frame_of(sender, message)
        return Evidence(text, frame=frame, source=message if frame is None else None)

    def exhibit(self, party: Party, certificate: Certificate, text: str) -> Evidence:
        """Quote a certificate that `party` presented, or that its chain leads to."""
        name = certificate.subject.rfc4514() or "a certificate without a subject"
        said = text if name in text else f"{name}: {text}"
        if certificate in self.certificates(party):
            frame = self.frame_of(party, "Certificate")
            return Evidence(said, frame=frame, source=f"certificate {certificate.sha256[:16]}")
        return Evidence(said, source=f"trusted certificate {certificate.sha256[:16]}")

    def fit(self, cause: str, party: Party) -> float:
        """Say how well `cause`, a fault in what `party` presented, explains how the connection ended, from 0 to 1."""
        refusal = self.refusal or self.departure
        if refusal is None or refusal.party is party or refusal.stage not in _JUDGES_AT[party]:
            return 0.0
        if refusal.alert_code is not None:
            return alert_fit(cause, refusal.alert_code, self.stack(refusal.party))
        fit = _FIT_WITHOUT_WORDS.get(refusal.signal, 0.0)
        if refusal.signal is Signal.SILENCE and self.stack(refusal.party).stack is Stack.S2N:
            fit = _FIT_OF_BLINDING
        if self._had_gone_on(refusal, party):
            return fit / 2
        if cause in REFUSED_BY_ALL or cause == _ASKED_FOR:
            return fit
        is_late = refusal.stage is Stage.AFTER_COMPLETION and cause in _MET_IN_THE_HANDSHAKE
        return 0.0 if is_late else fit * _REFUSED_BY_SOME

    def _had_gone_on(self, refusal: Refusal, party: Party) -> bool:
        """Say whether the end that left had let what `party` presented pass before, or had been spoken to by it."""
        if refusal.stage is Stage.AFTER_COMPLETION:
            return self.connection.application_bytes(party) > 0 and any(
                event.kind is EventKind.APPLICATION_DATA and event.sender is party and event.at <= refusal.at
                for event in self.connection.events
            )
        return party is Party.SERVER and refusal.stage is Stage.CLIENT_FLIGHT

    def blame(
        self,
        cause: str,
        party: Party,
        summary: str,
        *evidence: Evidence,
        certainty: float = 1.0,
        at_fault: Party | None = None,
    ) -> Suspicion:
        """Suspect a fault in what `party` presented: as why it was refused, where that fits, else as a fault
        that stands.

        Args:
            cause: the entry's id.
            party: whose certificate, chain or key it is about.
            summary: who and what, in one sentence.
            evidence: what shows the fault; that of the refusal is added.
            certainty: how sure the fault itself is, where it is not read off the certificate.
            at_fault: the end that has to change something, where that is the verifier.
        """
        fit = self.fit(cause, party)
        refusal = self.refusal or self.departure
        blamed = of_party(at_fault or party)
        if fit < _EXPLAINS_FROM or refusal is None:
            state = State.OBSERVED if certainty >= 1.0 else State.INFERRED
            return Suspicion(
                blamed, summary, evidence, certainty, state, Bearing.STANDS, is_seen=certainty >= 1.0
            )
        is_proved = refusal.state is State.OBSERVED and fit >= _PROVED_FROM and refusal.signal is Signal.ALERT
        state = State.OBSERVED if is_proved and certainty >= 1.0 else State.INFERRED
        proof = (refusal.evidence, *evidence)
        return Suspicion(blamed, summary, proof, round(fit * certainty, 2), state, is_seen=certainty >= 1.0)


_SHARED_BY_LIKE = tuple(set(Case.__slots__) - {"at", "connection", "departure", "refusal"})


def _tls_facts(tls: Tls) -> Iterator[Fact]:
    if tls.client_hello is not None:
        yield Fact.CLIENT_HELLO
    if tls.server_hello is not None:
        yield Fact.SERVER_HELLO
    if tls.client_certificates:
        yield Fact.CLIENT_CERTIFICATE
    if tls.server_certificates:
        yield Fact.SERVER_CERTIFICATE
    if tls.client_certificates or tls.server_certificates:
        yield Fact.CERTIFICATE
