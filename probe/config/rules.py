"""What must hold between the tables of a configuration."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from analyzers.x509.names import parse_dn

from .tables import (
    CheckTable,
    MemberTable,
    NatsTable,
    OtlpTable,
    RelayTable,
    SniffTable,
    SyslogTable,
    Table,
    WebTable,
)
from .values import split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .reading import Reading

__all__ = ["check_listeners", "check_members", "check_relays"]


def _duplicates(reading: Reading, entries: Iterable[tuple[str, str | None, str]], what: str) -> None:
    """Complain of every entry `(where, value, text)` whose value an earlier one had."""
    seen: dict[str, str] = {}
    for where, value, text in entries:
        if value is None:
            continue
        if value in seen:
            reading.problem(where, f"{what} {text!r} is already that of {seen[value]}")
        else:
            seen[value] = where


def check_members(reading: Reading, *, tls_required: bool) -> None:
    """Names and distinguished names are unique, and every member has what it is known by."""
    members = reading.several(MemberTable, "member")
    _duplicates(reading, ((where, member.name, member.name) for where, member in members), "the name")
    keyed = (
        (where, parse_dn(member.dn).rfc4514() if member.dn else None, member.dn or "")
        for where, member in members
    )
    _duplicates(reading, keyed, "dn: the distinguished name")
    for where, member in members:
        if member.dn is None and member.role != "arbiter" and tls_required:
            reading.problem(
                where,
                f"dn: a {member.role} member of a mirror that requires TLS needs its distinguished name",
            )
        if not (member.addresses or member.agent or member.superserver):
            reading.problem(where, "addresses: give at least one of addresses, agent, superserver")


_WATCHED: dict[str, type[Table]] = {"relay": RelayTable, "check": CheckTable, "sniff": SniffTable}
_SINKS: dict[str, type[Table]] = {"syslog": SyslogTable, "otlp": OtlpTable, "nats": NatsTable}


def _names(reading: Reading, arrays: Mapping[str, type[Table]]) -> Iterator[tuple[str, str, str]]:
    """Give the name of every table of several arrays: one label of the metrics for all of them."""
    for array, model in arrays.items():
        for where, table in reading.several(model, array):
            name = str(getattr(table, "name"))  # noqa: B009 (every table of these arrays has one)
            yield where, name, name


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _calls_itself(relay: RelayTable) -> bool:
    """Tell whether a relay would accept what it dials; through another address of this machine it still may."""
    (host, port), (target, target_port) = split_host_port(relay.listen), split_host_port(relay.upstream)
    return port == target_port and (host == target or (_is_wildcard(host) and _is_loopback(target)))


def check_listeners(reading: Reading) -> None:
    """No two listeners may want the same port of the same address."""
    relays, web = reading.several(RelayTable, "relay"), reading.single(WebTable, "web")
    for group in (_WATCHED, _SINKS):
        _duplicates(reading, _names(reading, group), "the name")
    wanted = [(where, *split_host_port(relay.listen)) for where, relay in relays]
    if web:
        wanted.append(("[web]", *split_host_port(web.listen)))
    taken: dict[int, list[tuple[str, str, bool]]] = {}
    for where, host, port in wanted:
        is_wild = _is_wildcard(host)
        for earlier, other, is_other_wild in taken.setdefault(port, []):
            if port and (host == other or is_wild or is_other_wild):
                reading.problem(where, f"listen: {host}:{port} is already where {earlier} listens")
        taken[port].append((where, host, is_wild))
    for where, relay in relays:
        if _calls_itself(relay):
            reading.problem(where, f"upstream: {relay.upstream} is where the relay itself listens")


def check_relays(reading: Reading) -> None:
    """A relay that ends TLS has identities; one that only forwards has none, and can refuse nobody."""
    for where, relay in reading.several(RelayTable, "relay"):
        for key, value in (("serve_as", relay.serve_as), ("connect_as", relay.connect_as)):
            if relay.mode == "terminate" and value is None:
                reading.problem(where, f"{key}: is required and missing")
            if relay.mode == "passthrough" and value is not None:
                reading.problem(where, f'{key}: mode = "passthrough" forwards bytes and shows no certificate')
        if relay.mode == "passthrough" and relay.action == "enforce":
            reading.problem(where, 'action: mode = "passthrough" can refuse nobody; "observe" or "shadow"')
