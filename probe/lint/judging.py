"""Everything that lint has to say of what was loaded: checks, pairs, forecast."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from OpenSSL import SSL

from analyzers.lint.files import check_files
from analyzers.lint.forecast import Forecast, forecast_of
from analyzers.lint.member import Finding, MemberFiles, Severity, Source
from analyzers.lint.mirror import check_mirror
from analyzers.lint.pairs import Prediction, predict
from analyzers.lint.roles import check_roles

from .handshake import Outcome, Speaker, own_files_fault, shake_hands
from .requests import check_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .loading import Loaded

__all__ = ["Judged", "Pair", "judge"]

_VERSIONS = (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION)
_BUILTIN = ("%MirrorClient", "%MirrorServer")
"""The reserved names of a member's two TLS configurations."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One ordered pair of members: what OpenSSL did, and what the rules had said."""

    client: str
    server: str
    outcome: Outcome | None
    """The worse of TLS 1.3 and TLS 1.2; None where a key or a CA file is missing, so that none could be tried."""
    prediction: Prediction
    why_not_tried: str = ""

    @property
    def is_disputed(self) -> bool:
        """Whether handshake and rules disagree: then the handshake is right, and the rules need mending."""
        tried, said = self.outcome, self.prediction
        return tried is not None and (tried.refused_by, tried.code) != (said.refused_by, said.code)


@dataclass(frozen=True, slots=True)
class Judged:
    """The whole of lint's answer."""

    at: float
    members: tuple[MemberFiles, ...]
    findings: tuple[Finding, ...]
    """Gravest first."""
    pairs: tuple[Pair, ...]
    forecast: tuple[Forecast, ...]


def _speaker(loaded: Loaded, member: MemberFiles) -> Speaker | str:
    """Give the member's side of a handshake, or why there is none."""
    key = loaded.keys.get(member.name)
    if not member.certificates:
        return f"{member.name} has no certificate"
    if key is None:
        return f"{member.name} has no usable private key"
    if not member.has_authorities:
        return f"{member.name} has no CA file"
    return Speaker(member.certificates, key, member.authorities)


def _pair(loaded: Loaded, client: MemberFiles, server: MemberFiles, at: float, level: int) -> Pair:
    prediction = predict(client, server, at, security_level=level)
    one, other = _speaker(loaded, client), _speaker(loaded, server)
    missing = one if isinstance(one, str) else other if isinstance(other, str) else None
    if missing is not None or isinstance(one, str) or isinstance(other, str):
        return Pair(client.name, server.name, None, prediction, missing or "")
    try:
        outcomes = [shake_hands(one, other, at, version=version, level=level) for version in _VERSIONS]
    except ValueError as error:
        return Pair(client.name, server.name, None, prediction, str(error))
    worst = next((outcome for outcome in outcomes if not outcome.is_accepted), outcomes[0])
    return Pair(client.name, server.name, worst, prediction)


def _pair_findings(pairs: tuple[Pair, ...]) -> Iterator[Finding]:
    for pair in pairs:
        if pair.is_disputed and pair.outcome is not None:
            text = f"{pair.client} calling {pair.server}: OpenSSL says {pair.outcome.text}, the rules said {pair.prediction.text}"
            yield Finding(
                "rules agree with the handshake", None, Severity.MEDIUM, pair.client, Source("handshake"), text,
                "Trust the handshake, and report this to mirrorprobe.", "mirrorprobe",
            )  # fmt: skip


def _drift(members: tuple[MemberFiles, ...]) -> Iterator[Finding]:
    """Compare the two reserved configurations, where both were given: they must share certificate and key."""
    named = {member.name: member for member in members}
    if not all(name in named and named[name].leaf for name in _BUILTIN):
        return
    client, server = (named[name] for name in _BUILTIN)
    if client.leaf != server.leaf:
        yield Finding(
            "names in server and client configuration are the same", "configuration-drift", Severity.CRITICAL,
            server.name, server.certificate_source, "%MirrorClient and %MirrorServer use different certificates",
            "Use one certificate and key for both (Edit SSL/TLS Configurations for Mirror).", "InterSystems",
        )  # fmt: skip


def _own_files(
    loaded: Loaded, members: tuple[MemberFiles, ...], known: tuple[Finding, ...], at: float, level: int
) -> Iterator[Finding]:
    """Let OpenSSL load each member's own files, as IRIS does when it activates a TLS configuration."""
    explained = {finding.member for finding in known if finding.severity.rank <= Severity.HIGH.rank}
    for member in members:
        speaker = _speaker(loaded, member)
        fault = None if isinstance(speaker, str) else own_files_fault(speaker, at, level=level)
        if fault is not None and member.name not in explained:
            yield Finding(
                "own files can be loaded", "client-configuration", Severity.CRITICAL, member.name,
                member.certificate_source, f"OpenSSL refuses the member's own files: {fault}",
                "Without them there is no TLS in either role: have the certificate reissued, or the files put right.", "OpenSSL",
            )  # fmt: skip


def judge(loaded: Loaded, at: float, *, level: int = 1) -> Judged:
    """Check everything that was loaded, as of the time `at`, at OpenSSL's security level `level`."""
    members = tuple(loaded.members)
    with_files = tuple(member for member in members if member.certificates)
    pairs = tuple(_pair(loaded, client, server, at, level) for client, server in permutations(with_files, 2))
    findings = [*loaded.findings, *_drift(members)]
    for source, request in loaded.requests:
        findings += check_request(source, request)
    for member in with_files:
        findings += [*check_files(member, at, level), *check_roles(member, at)]
    findings += _own_files(loaded, with_files, tuple(findings), at, level)
    findings += [*check_mirror(members), *_pair_findings(pairs)]
    findings.sort(key=lambda finding: (finding.severity.rank, finding.member, finding.check))
    return Judged(at, members, tuple(findings), pairs, forecast_of(with_files, at))
