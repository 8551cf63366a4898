"""Casts that the lab has no fault for, by the name with which a case asks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzers.connection import Party
from probe.lab.authority import Authority
from probe.lab.cast import ANSWERING, DIALLING, behaves, in_turn, shows
from probe.lab.ends import TLS_1_0, TLS_1_1, TLS_1_2, Manner
from probe.lab.identity import pem_of
from probe.lab.keys import KeyKind
from probe.lab.recipe import authority_recipe, distinguished_name, member_recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.lab.cast import Arrangement, Cast
    from probe.lab.ends import End

PYTHON = "Python"
"""The name of an end that is played by Python's own ssl, which compares host names, and not by an engine of the lab."""

CLIENT, SERVER = Party.CLIENT, Party.SERVER
MEMBER = {CLIENT: member_recipe(DIALLING), SERVER: member_recipe(ANSWERING)}


def both(change: Callable[[End], End]) -> Arrangement:
    """Change both ends alike."""
    return in_turn(behaves(CLIENT, change), behaves(SERVER, change))


def limited(minimum: int, maximum: int) -> Callable[[End], End]:
    """Give an end this range of versions; old ones need security level 0."""
    return lambda end: replace(end, minimum_version=minimum, maximum_version=maximum, security_level=0)


def with_ciphers(ciphers: str) -> Callable[[End], End]:
    """Give an end this cipher list for TLS 1.2."""
    return lambda end: replace(end, ciphers=ciphers, security_level=0, maximum_version=TLS_1_2)


def _issued_by_company(issuing: Authority, company: str) -> Authority:
    """An authority of `company` that the lab's root signed, so that the chain stays good."""
    name = distinguished_name(f"CN=Lab TLS CA,O={company},C=US")
    return issuing.top.intermediate(recipe=replace(authority_recipe("Lab TLS CA"), subject=name))


def _one_certificate(cast: Cast) -> Cast:
    """Member IRISB shows the certificate of IRISA."""
    return replace(cast, server=replace(cast.server, identity=cast.client.identity))


def _listing(cast: Cast, party: Party, name: str) -> Cast:
    """Both ends list the name too, so that nobody is dropped for it."""
    changed = shows(party, replace(MEMBER[party], subject=distinguished_name(name)))(cast)
    listed = (*cast.client.listed, name)
    client = replace(changed.client, listed=listed)
    return replace(changed, client=client, server=replace(changed.server, listed=listed))


def _near_end(cast: Cast) -> Cast:
    """The client's certificate is good for two months more."""
    recipe = replace(MEMBER[CLIENT], valid_until=timedelta(days=60))
    return shows(CLIENT, recipe)(cast)


def _swapped(cast: Cast) -> Cast:
    """Member IRISB dials IRISA."""
    return replace(cast, client=cast.server, server=cast.client)


def _renewed(cast: Cast) -> Cast:
    """Member IRISA shows, as a server, a certificate that it does not show as a client."""
    return shows(SERVER, replace(MEMBER[CLIENT], valid_until=timedelta(days=500)))(cast)


def _trusted_self_signed(cast: Cast) -> Cast:
    """The client's certificate is self-signed, and the server has it in its CA file."""
    own = Authority.root(recipe=MEMBER[CLIENT], at=cast.issuing.at)
    identity = replace(own.issue(MEMBER[CLIENT]), ca_pem=cast.client.ca_pem)
    client = replace(cast.client, identity=identity)
    server = replace(cast.server, ca_pem=cast.server.ca_pem + identity.certificate_pem)
    return replace(cast, client=client, server=server)


def _stranger(issuing: Authority) -> Authority:
    """The root of another company, the same one each time."""
    return Authority.root("Other Root CA", at=issuing.at)


def _with_root(cast: Cast, root: Authority) -> Cast:
    """The client also sends the root."""
    identity = cast.client.identity
    if identity is None:
        return cast
    chain = identity.certificate_pem + pem_of((root.certificate,))
    return replace(cast, client=replace(cast.client, identity=replace(identity, certificate_pem=chain)))


ARRANGEMENTS: dict[str, Arrangement] = {
    "client-certificate-of-two-months": _near_end,
    "client-key-p256": shows(CLIENT, replace(MEMBER[CLIENT], key=KeyKind.P256)),
    "client-key-usage-digital-signature": shows(
        CLIENT, replace(MEMBER[CLIENT], key_usage=("digitalSignature",))
    ),
    "client-without-usages": shows(CLIENT, replace(MEMBER[CLIENT], key_usage=None, extended_key_usage=None)),
    "client-issued-by-public-authority": shows(
        CLIENT, MEMBER[CLIENT], lambda issuing: _issued_by_company(issuing, "Let's Encrypt")
    ),
    "server-issued-by-public-authority-for-servers": shows(
        SERVER,
        replace(MEMBER[SERVER], extended_key_usage=("serverAuth",)),
        lambda issuing: _issued_by_company(issuing, "Let's Encrypt"),
    ),
    "client-common-name-of-server": lambda cast: _listing(
        cast, CLIENT, "CN=irisb.example.com/IRISB,OU=A,O=Example,C=US"
    ),
    "both-show-one-certificate": _one_certificate,
    "both-tls10": both(limited(TLS_1_0, TLS_1_0)),
    "both-tls11": both(limited(TLS_1_1, TLS_1_1)),
    "both-null-cipher": both(with_ciphers("NULL-SHA256")),
    "both-aes128-cbc": both(with_ciphers("AES128-SHA256")),
    "server-silent": behaves(SERVER, lambda end: replace(end, manner=Manner.SILENT)),
    "client-silent": behaves(CLIENT, lambda end: replace(end, manner=Manner.SILENT)),
    "server-issuer-eku-server-only": shows(
        SERVER,
        MEMBER[SERVER],
        lambda issuing: issuing.top.intermediate(
            recipe=replace(authority_recipe("Lab Server CA"), extended_key_usage=("serverAuth",))
        ),
    ),
    "server-eku-server-only": shows(SERVER, replace(MEMBER[SERVER], extended_key_usage=("serverAuth",))),
    "server-key-usage-key-encipherment": shows(
        SERVER, replace(MEMBER[SERVER], key_usage=("keyEncipherment",))
    ),
    "client-issuer-path-length-zero": shows(
        CLIENT,
        MEMBER[CLIENT],
        lambda issuing: issuing.top.intermediate(
            recipe=replace(authority_recipe("Lab Lowest CA"), path_length=0)
        ),
    ),
    "client-issuer-constrained-to-its-name": shows(
        CLIENT,
        MEMBER[CLIENT],
        lambda issuing: issuing.intermediate(
            recipe=replace(
                authority_recipe("Lab Constrained CA"), permitted_names=("example.com", "localhost")
            )
        ),
    ),
    "client-self-signed-and-trusted": _trusted_self_signed,
    "client-certificate-of-minutes": shows(CLIENT, replace(MEMBER[CLIENT], valid_from=timedelta(minutes=-5))),
    "client-of-stranger-with-its-root": lambda cast: _with_root(
        shows(CLIENT, MEMBER[CLIENT], lambda issuing: _stranger(issuing).intermediate("Other Issuing CA"))(
            cast
        ),
        _stranger(cast.issuing),
    ),
    "client-of-stranger-s-root": shows(CLIENT, MEMBER[CLIENT], _stranger),
    "client-of-stranger-without-a-hint": shows(
        CLIENT, MEMBER[CLIENT], lambda issuing: Authority.root("Other Company CA", at=issuing.at)
    ),
    "server-certificate-of-minutes": shows(SERVER, replace(MEMBER[SERVER], valid_from=timedelta(minutes=-5))),
    "client-chacha-against-aes": in_turn(
        behaves(CLIENT, with_ciphers("ECDHE+CHACHA20")), behaves(SERVER, with_ciphers("ECDHE+AESGCM"))
    ),
    "client-at-most-tls12": behaves(CLIENT, lambda end: replace(end, maximum_version=TLS_1_2)),
    "members-swapped": _swapped,
    "members-swapped-and-irisa-renewed": lambda cast: _renewed(_swapped(cast)),
    "client-is-python": behaves(CLIENT, lambda end: replace(end, name=PYTHON)),
}
