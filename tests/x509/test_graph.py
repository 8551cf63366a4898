"""Authorities that cross-sign, share names and keys, and expire: OpenSSL finds its way through them, and so do the rules."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from analyzers.x509.certificate import parse_certificate
from analyzers.x509.chain import build_chain
from analyzers.x509.purposes import Purpose
from tests.x509.openssl import Refusal, iris_library, system_library
from tests.x509.population import EXTENDED, NOW, USAGES, key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.x509.openssl import Library

GRAPHS = 600
LABELS = ("ec-0", "ec-1", "ec-2", "rsa2048-0", "rsa2048-1", "rsa1024-0")
TYPES = (_ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.BMPString)


def _name(common: str, kind: _ASN1Type = _ASN1Type.UTF8String) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"),
            x509.NameAttribute(NameOID.COMMON_NAME, common, _type=kind),
        ]
    )


class _Graph:
    """A few authorities with few names and few keys, so that much fits by accident."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        spellings = [_name("CA A"), _name("CA B", chance.choice(TYPES)), _name("ca   a"), _name("CA C")]
        self.names = spellings[: chance.randint(2, 4)]
        labels = chance.sample(LABELS, chance.randint(2, 4))
        self.owners = [chance.choice(labels) for _ in self.names]
        self.authorities = [self._authority(chance.choice(labels)) for _ in range(chance.randint(2, 7))]
        issuer = chance.randrange(len(self.names))
        self.leaf = self._make(
            _name("irisa", chance.choice(TYPES)), chance.choice(LABELS), issuer, is_ca=False
        )

    def _authority(self, other: str) -> bytes:
        chance = self.chance
        subject = chance.randrange(len(self.names))
        issuer = subject if chance.random() < 0.5 else chance.randrange(len(self.names))
        label = self.owners[subject] if chance.random() < 0.85 else other
        return self._make(self.names[subject], label, issuer, is_ca=True)

    def _make(self, subject: x509.Name, label: str, issuer: int, *, is_ca: bool) -> bytes:
        chance = self.chance
        signer = key(self.owners[issuer] if chance.random() < 0.93 else chance.choice(LABELS))
        begin, end = NOW - timedelta(days=9), NOW + timedelta(days=9)
        if chance.random() < 0.1:
            begin, end = (
                (begin, NOW - timedelta(days=1)) if chance.random() < 0.6 else (end, end + (end - NOW))
            )
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=self.names[issuer])
            .public_key(key(label).public_key())
            .serial_number(chance.randint(1, 12))
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        for extension in self._extensions(label, self.owners[issuer], is_ca=is_ca):
            builder = builder.add_extension(extension, chance.random() < 0.3)
        padding = None
        if isinstance(signer, rsa.RSAPrivateKey) and chance.random() < 0.2:
            padding = PSS(MGF1(hashes.SHA256()), PSS.DIGEST_LENGTH)
        built = builder.sign(signer, hashes.SHA256(), rsa_padding=padding)
        return built.public_bytes(serialization.Encoding.DER)

    def _extensions(self, label: str, signer: str, *, is_ca: bool) -> Iterator[x509.ExtensionType]:
        chance = self.chance
        is_good = chance.random() < 0.8
        if chance.random() < 0.9:
            length = chance.choice((0, 1, 2)) if is_ca and chance.random() < 0.25 else None
            yield x509.BasicConstraints(
                ca=is_ca if length is not None or is_good else not is_ca, path_length=length
            )
        if chance.random() < 0.5:
            fit = {"key_cert_sign"} if is_ca else {"digital_signature"}
            bits = {usage: usage in fit if is_good else chance.random() < 0.4 for usage in USAGES}
            if any(bits.values()):
                yield x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)
        if chance.random() < 0.3 and not (is_ca and is_good):
            yield x509.ExtendedKeyUsage(EXTENDED[:2] if is_good else chance.sample(EXTENDED, 2))
        if chance.random() < 0.5:
            yield x509.SubjectKeyIdentifier.from_public_key(key(label).public_key())
        if chance.random() < 0.5:
            named = x509.SubjectKeyIdentifier.from_public_key(
                key(signer if chance.random() < 0.9 else chance.choice(LABELS)).public_key()
            )
            names = [x509.DirectoryName(chance.choice(self.names))] if chance.random() < 0.2 else None
            yield x509.AuthorityKeyIdentifier(named.digest, names, chance.randint(1, 12) if names else None)


@cache
def _graphs() -> tuple[tuple[tuple[bytes, ...], tuple[bytes, ...], Purpose, int], ...]:
    """Give what is presented, what is trusted, in which role, at which level."""
    chance = random.Random(4711)
    made = []
    for _ in range(GRAPHS):
        graph = _Graph(chance)
        presented = (graph.leaf, *(chance.choice(graph.authorities) for _ in range(chance.randint(0, 5))))
        trust = chance.sample(graph.authorities, chance.randint(1, len(graph.authorities)))
        if chance.random() < 0.1:
            trust.append(graph.leaf)
        made.append((presented, tuple(trust), chance.choice(tuple(Purpose)), chance.choice((0, 1, 2))))
    return tuple(made)


@pytest.mark.parametrize("library", [system_library, iris_library], ids=["system", "iris"])
def test_the_rules_find_openssls_way_through_a_graph(library: Callable[[], Library]) -> None:
    """Duplicates, renamed authorities, an expired root beside its successor: the same verdict, first error and depth."""
    verifier = library()
    seen: set[int] = set()
    for number, (presented, trust, purpose, level) in enumerate(_graphs()):
        expected = verifier.verify(presented, trust, NOW.timestamp(), purpose, level)
        chain, anchors = (tuple(map(parse_certificate, ders)) for ders in (presented, trust))
        said = build_chain(chain, anchors, NOW.timestamp(), purpose, security_level=level).refusal
        assert (None if said is None else Refusal(said.code, said.depth)) == expected, f"graph {number}"
        seen.add(0 if expected is None else expected.code)
    assert {0, 2, 7, 10, 19, 20, 26, 79} <= seen
