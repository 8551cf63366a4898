"""From files of every kind to members: certificates and keys that belong together find each other by the public key."""

from __future__ import annotations

import configparser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from analyzers.errors import MalformedCertificate
from analyzers.lint.member import Finding, MemberFiles, Severity, Source
from analyzers.x509.certificate import load_pem_certificates, parse_certificate

from ..identity import PrivateKey, read_file, spki_of
from .definition import read_definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzers.x509.certificate import Certificate

__all__ = ["Loaded", "load"]

_CPF_LAYOUT = ("CertificateFile.pem", "PrivateKeyFile.pem", "CAFile.pem")
"""The files of a CPF `ConfigMirror/SSLDir` (domain facts 2.3)."""


@dataclass(slots=True)
class Loaded:
    """Everything that was read; mutable, because it grows file by file."""

    members: list[MemberFiles] = field(default_factory=list)
    keys: dict[str, PrivateKey] = field(default_factory=dict, repr=False)
    """By member's name."""
    findings: list[Finding] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Files that are nothing that lint knows: they end the command."""
    requests: list[tuple[Source, x509.CertificateSigningRequest]] = field(default_factory=list)
    chains: list[tuple[Source, tuple[Certificate, ...]]] = field(default_factory=list)
    """Loose certificate files."""
    authorities: list[tuple[Source, tuple[Certificate, ...]]] = field(default_factory=list)
    loose_keys: list[tuple[Source, PrivateKey]] = field(default_factory=list, repr=False)


def _key(data: bytes, password: bytes | None) -> PrivateKey:
    """Read a private key in PEM or DER; raises ValueError with the reason."""
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        key = load(data, password)
    except TypeError:
        if password is not None:
            key = load(data, None)
        else:
            raise ValueError("the key is encrypted, and no password was given (--password-file)") from None
    except ValueError:
        if password is not None:
            raise ValueError(
                "decryption of the private key failed: the password is wrong, or the key damaged"
            ) from None
        raise
    if not isinstance(key, PrivateKey):
        raise ValueError(f"a key of type {type(key).__name__} cannot sign a TLS handshake")  # noqa: TRY004 - the file is wrong
    return key


def _certificates(data: bytes) -> tuple[Certificate, ...]:
    if b"-----BEGIN" in data:
        return load_pem_certificates(data)
    return (parse_certificate(data),)


def _key_finding(member: str, source: Source, error: ValueError) -> Finding:
    return Finding(
        "private key can be read",
        "client-configuration",
        Severity.CRITICAL,
        member,
        source,
        str(error),
        "Give the right password, or the right key file.",
        "OpenSSL",
    )


def _read_loose(loaded: Loaded, path: Path, password: bytes | None) -> None:
    """Sort one file by what it holds."""
    data, source = read_file(path), Source(str(path))
    if b"CERTIFICATE REQUEST-----" in data:
        loaded.requests.append((source, x509.load_pem_x509_csr(data)))
        return
    if b"-----BEGIN" not in data and path.suffix.lower() in (".p12", ".pfx"):
        _read_pkcs12(loaded, path, data, password)
        return
    if b"PRIVATE KEY-----" in data:
        try:
            loaded.loose_keys.append((source, _key(data, password)))
        except ValueError as error:
            loaded.findings.append(_key_finding(path.stem, source, error))
    if (
        b"BEGIN CERTIFICATE-----" in data
        or b"BEGIN TRUSTED CERTIFICATE-----" in data
        or b"-----BEGIN" not in data
    ):
        certificates = _certificates(data)
        if len(certificates) == 1 and not certificates[0].der:
            raise ValueError("holds no certificate")
        if certificates[0].problem is not None and b"-----BEGIN" not in data:
            raise ValueError("is neither a certificate, a key, a request, nor PKCS #12")
        where = loaded.authorities if all(c.is_ca for c in certificates) else loaded.chains
        where.append((source, certificates))
    elif b"PRIVATE KEY-----" not in data:
        raise ValueError("is PEM, and holds neither a certificate, a key nor a request")


def _read_pkcs12(loaded: Loaded, path: Path, data: bytes, password: bytes | None) -> None:
    try:
        key, leaf, others = pkcs12.load_key_and_certificates(data, password)
    except ValueError as error:
        loaded.findings.append(_key_finding(path.stem, Source(str(path)), ValueError(f"PKCS #12: {error}")))
        return
    chain = tuple(
        parse_certificate(c.public_bytes(Encoding.DER)) for c in ((leaf,) if leaf else ()) + tuple(others)
    )
    loaded.chains.append((Source(str(path)), chain))
    if isinstance(key, PrivateKey):
        loaded.loose_keys.append((Source(str(path)), key))


def _read_layout(loaded: Loaded, directory: Path, password: bytes | None) -> None:
    """Read a directory in the CPF layout as one member, named for the directory."""
    certificate, key, authority = (directory / name for name in _CPF_LAYOUT)
    _add_member(loaded, directory.name, certificate, key, authority, password)


def _add_member(
    loaded: Loaded,
    name: str,
    certificate: Path | None,
    key: Path | None,
    authority: Path | None,
    password: bytes | None,
) -> None:
    def read(path: Path | None) -> tuple[Certificate, ...]:
        if path is None:
            return ()
        try:
            return _certificates(read_file(path))
        except (ValueError, MalformedCertificate) as error:
            loaded.problems.append(str(error) if str(path) in str(error) else f"{path}: {error}")
            return ()

    chain, authorities = read(certificate), read(authority)
    spki = None
    if key is not None:
        try:
            loaded.keys[name] = _key(read_file(key), password)
            spki = spki_of(loaded.keys[name])
        except ValueError as error:
            loaded.findings.append(_key_finding(name, Source(str(key)), error))
    loaded.members.append(
        MemberFiles(
            name,
            chain,
            authorities,
            authority is not None,
            spki,
            None,
            Source(str(certificate)),
            Source(str(authority)),
            Source(str(key)),
        )
    )


def _read_ssldefs(loaded: Loaded, path: Path, password: bytes | None) -> None:
    """Read an `SSLDefs.ini`: one section a TLS configuration, file names relative to the file."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_file(path).decode("utf-8", "replace"))
    except configparser.Error as error:
        raise ValueError(f"is no INI file: {str(error).splitlines()[0]}") from None
    for section in parser.sections():
        values = parser[section]
        if "certfile" in values:
            files = [
                path.parent / values[key] if values.get(key) else None
                for key in ("certfile", "keyfile", "cafile")
            ]
            secret = values["password"].encode() if values.get("password") else password
            _add_member(loaded, section, files[0], files[1], files[2], secret)


def _directories(path: Path) -> Iterator[Path]:
    if (path / _CPF_LAYOUT[0]).is_file():
        yield path
    else:
        yield from (
            child for child in sorted(path.iterdir()) if child.is_dir() and (child / _CPF_LAYOUT[0]).is_file()
        )


def _read(loaded: Loaded, path: Path, password: bytes | None) -> None:
    if path.is_dir():
        layouts = list(_directories(path))
        for directory in layouts:
            _read_layout(loaded, directory, password)
        if not layouts:
            for child in sorted(child for child in path.iterdir() if child.is_file()):
                _read(loaded, child, password)
    elif path.suffix.lower() == ".ini":
        _read_ssldefs(loaded, path, password)
    else:
        _read_loose(loaded, path, password)


def _assemble(loaded: Loaded) -> None:
    """Let loose certificates find their keys; loose CA files serve every loose member."""
    authorities = tuple(c for _, certificates in loaded.authorities for c in certificates)
    source = loaded.authorities[0][0] if loaded.authorities else Source("CA file")
    unclaimed = list(loaded.loose_keys)
    for certificate_source, chain in loaded.chains:
        name = Path(certificate_source.path).stem
        spkis = {c.spki for c in chain}
        mine = next((entry for entry in unclaimed if spki_of(entry[1]) in spkis), None)
        if mine is None and len(loaded.chains) == 1 and unclaimed:
            mine = unclaimed[0]
        if mine is not None:
            unclaimed.remove(mine)
            loaded.keys[name] = mine[1]
        loaded.members.append(
            MemberFiles(
                name,
                chain,
                authorities,
                bool(loaded.authorities),
                None if mine is None else spki_of(mine[1]),
                None,
                certificate_source,
                source,
                Source("private key") if mine is None else mine[0],
            )
        )


def load(paths: Sequence[Path], password: bytes | None) -> Loaded:
    """Read everything that was named.

    Returns:
        Members, their keys, and what was wrong while reading: `problems` name files that are nothing lint knows.
    """
    loaded = Loaded()
    definitions: list[Path] = []
    for path in paths:
        if path.suffix.lower() in (".toml", ".cpf", ".csv", ".tsv"):
            definitions.append(path)
            continue
        try:
            _read(loaded, path, password)
        except (ValueError, MalformedCertificate, OSError) as error:
            text = str(error)
            loaded.problems.append(text if str(path) in text else f"{path}: {text}")
    _assemble(loaded)
    for path in definitions:
        try:
            loaded.findings += read_definition(loaded.members, loaded.keys, path)
        except ValueError as error:
            loaded.problems.append(f"{path}: {error}")
    if not (loaded.problems or loaded.findings or loaded.members or loaded.requests or definitions):
        # "Nothing found" would be said of certificates that nobody saw.
        loaded.problems.append(
            f"{', '.join(map(str, paths))}: holds no member's certificate, so nothing was judged"
        )
    return loaded
