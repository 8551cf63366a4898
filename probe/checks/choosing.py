"""With whose certificate a question is asked, and what the answer is compared with."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint
from analyzers.mirror.definition import AGENT_PORT, SUPERSERVER_PORT, Channel, Member, Mirror
from analyzers.x509.certificate import load_pem_certificates

from ..config import load_config, load_mirror
from ..config.values import split_host_port
from ..identity import Identity, load_certificates, load_identity, read_file
from ..outcome import UsageFailure
from .asking import bearer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from analyzers.x509.certificate import Certificate

    from ..config import Config

__all__ = ["Chosen", "Holding", "Wish", "choose", "holdings_of", "service_of"]


@dataclass(frozen=True, slots=True)
class Holding:
    """A member's identity as a configuration holds it."""

    identity: Identity
    mirror: Mirror
    """With the CA certificates that go with this identity."""
    member: Member | None
    """Whose listed name it bears; None: nobody's."""
    dials: Endpoint | None
    """Where the table that holds it connects with it; None where it is shown to who connects."""
    source: str
    number: int
    """Its place among the identities of its table, from 1."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says."""

    target: str
    certificate: Path | None = None
    key: Path | None = None
    password_file: Path | None = None
    password_env: str | None = None
    ca: Path | None = None
    config: Path | None = None
    member: str | None = None
    mirror: Path | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a question is made of."""

    target: Endpoint
    identity: Identity | None
    mirror: Mirror


def holdings_of(config: Config) -> Iterator[Holding]:
    """Yield every identity of a configuration once, those that connect first."""
    seen: set[tuple[bytes, tuple[bytes, ...]]] = set()
    for shown, mirror, dials, source in _tables(config):
        for number, identity in enumerate(shown, 1):
            key = identity.der, tuple(certificate.der for certificate in mirror.trust)
            if key not in seen:
                seen.add(key)
                yield Holding(identity, mirror, bearer_of(identity, mirror), dials, source, number)


def _tables(config: Config) -> Iterator[tuple[tuple[Identity, ...], Mirror, Endpoint | None, str]]:
    for check in config.checks:
        yield (check.connect_as,), check.mirror, check.target, f"check {check.name}: connect_as"
    for relay in config.relays:
        yield relay.connect_as, relay.mirror, relay.upstream, f"relay {relay.name}: connect_as"
    for relay in config.relays:
        yield relay.serve_as, relay.mirror, None, f"relay {relay.name}: serve_as"


def service_of(member: Member, channel: Channel) -> Endpoint | None:
    """Give where a member's agent or superserver listens."""
    is_agent = channel is not Channel.SUPERSERVER
    text = member.agent if is_agent else member.superserver
    if text is None:
        return None
    try:
        return Endpoint(*split_host_port(text))
    except ValueError:
        return Endpoint(text.strip("[]"), AGENT_PORT if is_agent else SUPERSERVER_PORT)


def choose(wish: Wish) -> Chosen:
    """Read what the command line names.

    Raises:
        UsageFailure: some of it cannot be meant, or cannot be read; one line for each problem.
    """
    problems = list(_contradictions(wish))
    if problems:
        raise UsageFailure(*problems)
    config = None if wish.config is None else load_config(wish.config)
    mirror = config.mirror if config else Mirror("", tls_required=True, members=())
    if wish.mirror is not None:
        mirror = load_mirror(wish.mirror)
    target = _target(wish.target, mirror)
    identity = None
    if wish.certificate is not None:
        identity = _own_files(wish)
    elif config is not None:
        holding = _held(tuple(holdings_of(config)), wish.member, target)
        identity, mirror = holding.identity, holding.mirror
    if wish.ca is not None:
        mirror = replace(mirror, trust=_trust(wish.ca))
    return Chosen(target, identity, mirror)


def _contradictions(wish: Wish) -> Iterator[str]:
    if wish.config is not None and wish.mirror is not None:
        yield "-c and --mirror exclude each other: -c takes the mirror's definition from the same file"
    if wish.member is not None and wish.config is None:
        yield "--as needs -c: it chooses one of the configuration's certificates"
    if wish.member is not None and wish.certificate is not None:
        yield "--as and --certificate exclude each other"
    if wish.certificate is None and wish.key is not None:
        yield "--key needs --certificate"
    has_password = wish.password_file is not None or wish.password_env is not None
    if has_password and wish.certificate is None:
        yield "a password needs --certificate and --key"
    if wish.password_file is not None and wish.password_env is not None:
        yield "--password-file and --password-env exclude each other"


def _target(text: str, mirror: Mirror) -> Endpoint:
    """Read `HOST:PORT`, `MEMBER` (its agent) or `MEMBER/superserver`."""
    name, _, service = text.partition("/")
    member = next((member for member in mirror.members if member.name == name), None)
    if member is not None and service in ("", Channel.AGENT, Channel.SUPERSERVER):
        channel = Channel(service or Channel.AGENT)
        found = service_of(member, channel)
        if found is None:
            raise UsageFailure(f"{text}: the definition does not say where the {channel} of {name} listens")
        return found
    try:
        host, port = split_host_port(text)
    except ValueError as error:
        raise UsageFailure(str(error) if ":" in text else _no_member(text, mirror)) from None
    if port == 0:
        raise UsageFailure(f"{text}: port 0 cannot be dialled")
    return Endpoint(host, port)


def _no_member(text: str, mirror: Mirror) -> str:
    """Say what a name may have been meant to be that is neither a member's nor an address."""
    names = [member.name for member in mirror.members]
    if not names:
        return f"{text!r} is not HOST:PORT; to name a member takes -c or --mirror"
    name, _, service = text.partition("/")
    if name in names:
        return f"{text!r}: {service!r} is no service of a member (accepted: agent, superserver)"
    return f"{text!r} is not HOST:PORT, and no member of {mirror.name}{_meant(name, names)}"


def _meant(text: str, names: list[str]) -> str:
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(text.casefold(), folded, n=1)
    hint = f"; did you mean {folded[close[0]]!r}?" if close else ""
    return f"{hint} (members: {', '.join(names)})"


def _own_files(wish: Wish) -> Identity:
    """Load the certificate and key of the command line; a key may stand in the certificate's file."""
    if wish.certificate is None:
        raise UsageFailure("--certificate is needed")
    try:
        return load_identity(wish.certificate, wish.key or wish.certificate, _password(wish))
    except ExceptionGroup as group:
        # The certificate's file may be the key's, too, and what is wrong with it is said once.
        raise UsageFailure(*dict.fromkeys(map(str, group.exceptions))) from None


def _password(wish: Wish) -> bytes | None:
    if wish.password_file is not None:
        try:
            return read_file(wish.password_file).rstrip(b"\r\n")
        except ValueError as error:
            raise UsageFailure(f"--password-file {error}") from None
    if wish.password_env is None:
        return None
    value = os.environ.get(wish.password_env)
    if value is None:
        raise UsageFailure(f"--password-env: the environment variable {wish.password_env} is not set")
    return value.encode()


def _trust(path: Path) -> tuple[Certificate, ...]:
    try:
        load_certificates(path)
        return load_pem_certificates(read_file(path))
    except ValueError as error:
        raise UsageFailure(f"--ca {error}") from None


def _held(holdings: tuple[Holding, ...], member: str | None, target: Endpoint) -> Holding:
    """Choose among the identities of a configuration: that of the member, best where it connects to the target."""
    own = [
        one for one in holdings if member is None or (one.member is not None and one.member.name == member)
    ]
    fitting = [one for one in own if one.dials == target]
    if member is None and not fitting:
        known = sorted({one.member.name for one in holdings if one.member is not None})
        raise UsageFailure(
            f"--as MEMBER: nothing in the file connects to {target}; as whom? ({', '.join(known)})"
        )
    if member is not None and not own:
        known = sorted({one.member.name for one in holdings if one.member is not None})
        raise UsageFailure(
            f"--as {member}: the file has no certificate with the listed name of {member}{_meant(member, known)}"
        )
    return (fitting or own)[0]
