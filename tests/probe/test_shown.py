"""The certificates that members showed last."""

from __future__ import annotations

from dataclasses import replace

from analyzers.connection import Party
from analyzers.x509.names import parse_dn
from probe.shown import Shown
from tests.probe.accounts import mirror, recorded, told

HEALTHY, OTHER = "healthy-tls12", "client-eku-client-only-tls12"
DAY = 86_400.0


def fingerprint(name: str, party: Party) -> str:
    """Give the fingerprint of what an end of a capture showed."""
    chain = recorded(name).certificates_of(party)
    assert chain
    return chain[0].sha256


def test_both_roles_are_kept() -> None:
    """What each member showed is listed by its role, with the days that it is still good for."""
    shown = Shown()
    shown.see(told(HEALTHY, lasted=(5.0, 6.0)))
    chain = recorded(HEALTHY).certificates_of(Party.CLIENT)
    assert chain
    client, server = shown.rows(chain[0].not_after - 1.5 * DAY)
    assert (client["member"], client["role"], client["days_left"], client["seen"]) == (
        "IRISA",
        "client",
        1.5,
        5.0,
    )
    assert client["sha256"] == fingerprint(HEALTHY, Party.CLIENT)
    assert (server["member"], server["role"]) == ("IRISB", "server")
    assert set(client) == {"member", "role", "subject", "issuer", "sha256", "key", "signature", "not_before",
                           "not_after", "days_left", "seen"}  # fmt: skip


def test_the_later_connection_counts() -> None:
    """A new certificate replaces the old one, and one that lasted does not bring the old one back."""
    shown = Shown()
    for name, lasted in ((HEALTHY, (1.0, 2.0)), (OTHER, (3.0, 4.0)), (HEALTHY, (1.0, 9.0))):
        shown.see(told(name, lasted=lasted))
    assert {one.role: one.certificate.sha256 for one in shown}[Party.CLIENT] == fingerprint(
        OTHER, Party.CLIENT
    )


def test_a_check_shows_only_the_server() -> None:
    """The client of a check is the probe itself."""
    shown = Shown()
    shown.see(told(HEALTHY, road="check"))
    assert [(one.member, one.role) for one in shown] == [("IRISB", Party.SERVER)]


def test_what_is_encrypted_is_not_shown() -> None:
    """Without secrets a TLS 1.3 connection shows no certificate."""
    shown = Shown()
    shown.see(told("healthy-tls13"))
    assert list(shown) == []


def test_public_authorities() -> None:
    """A certificate of a public authority that allows a client now loses that with its renewal."""
    chain = recorded(HEALTHY).certificates_of(Party.CLIENT)
    assert chain
    public = replace(chain[0], issuer=parse_dn("CN=R11,O=Let's Encrypt,C=US"))
    shown = Shown()
    shown.see(told(HEALTHY))
    (one, *_) = shown
    assert not one.loses_client_auth
    assert replace(one, certificate=public).loses_client_auth
    web_only = replace(public, extended_key_usage=("serverAuth",))
    assert not replace(one, certificate=web_only).loses_client_auth


def test_removed_members_are_forgotten() -> None:
    """After a reload only members that are still there are listed."""
    shown = Shown()
    shown.see(told(HEALTHY))
    shown.reconfigure(replace(mirror(), members=mirror().members[:1]))
    assert [one.member for one in shown] == ["IRISA"]
