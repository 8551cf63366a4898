"""From files of every kind to members: certificates and keys that belong together find each other by the public key."""

from __future__ import annotations

import configparser
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analyzers.lint.member import Finding, MemberFiles, Severity, Source
from analyzers.x509.keys import are_same_key

from ..identity import FILE_BYTES, PrivateKey, read_file, spki_of
from .definition import read_definition
from .formats import Contents, ForeignFile, read_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

    from analyzers.x509.certificate import Certificate

__all__ = ["STANDARD_INPUT", "Loaded", "load"]

STANDARD_INPUT = Path("-")
_FROM_INPUT = Source("standard input")

_CPF_LAYOUT = ("CertificateFile.pem", "PrivateKeyFile.pem", "CAFile.pem")
"""The files of a CPF `ConfigMirror/SSLDir` (domain facts 2.3)."""

_AUTHORITY_NAME = re.compile(
    r"(?:^|[^a-z])(?:ca|cas|cafile|root|roots|trust|truststore|bundle)(?:[^a-z]|$)", re.IGNORECASE
)
"""How a CA file is called, where its certificates do not tell: it may hold the member's own one, too."""

_PEM_CHECK = "files are PEM"
_CONVERSIONS = {
    "DER": "openssl x509 -inform DER, for a key openssl pkey -inform DER",
    "PKCS #7": "openssl pkcs7 -print_certs, with -inform DER where it is no text",
    "PKCS #12": "openssl pkcs12 -nodes, and take certificate, key and issuers apart",
}


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


def _key_finding(member: str, source: Source, problem: str) -> Finding:
    return Finding(
        "private key can be read", "client-configuration", Severity.CRITICAL, member, source, problem,
        "Give the right password, or the right key file.", "OpenSSL",
    )  # fmt: skip


def _cipher_finding(member: str, source: Source, cipher: str) -> Finding:
    """Say that a key can be read here, and not by the OpenSSL 3 of a system as it comes."""
    file = "KEY.pem" if source == _FROM_INPUT else shlex.quote(source.path)
    return Finding(
        "private key's cipher", "client-configuration", Severity.HIGH, member, source,
        f"the key is encrypted with {cipher}, which OpenSSL 3 reads only where its legacy provider is loaded; "
        "OpenSSL 1.1.1 and older read it",
        f"Encrypt it anew: openssl pkey -provider legacy -provider default -in {file} -aes256 -out NEW.pem",
        "OpenSSL",
    )  # fmt: skip


def _form_finding(member: str, source: Source, form: str, *, is_in_place: bool) -> Finding:
    """Say that IRIS reads PEM only: fatal where the file stands as IRIS is to read it."""
    return Finding(
        _PEM_CHECK, "client-configuration", Severity.CRITICAL if is_in_place else Severity.LOW, member, source,
        f"the file is {form}, and OpenSSL, as IRIS uses it, reads PEM only",
        f"Convert it: {_CONVERSIONS[form]}.", "OpenSSL" if is_in_place else "mirrorprobe",
    )  # fmt: skip


def _read_loose(loaded: Loaded, name: str, source: Source, data: bytes, password: bytes | None) -> None:
    """Sort one file by what it holds; `name` is what a member is called of which nothing else tells."""
    found = read_contents(data, password)
    if found.form != "PEM" and found.certificates:
        loaded.findings.append(_form_finding(name, source, found.form, is_in_place=False))
    loaded.requests += [(source, request) for request in found.requests]
    loaded.loose_keys += [(source, key) for key in found.keys]
    if found.key_problem is not None:
        loaded.findings.append(_key_finding(name, source, found.key_problem))
    if found.legacy_cipher is not None:
        loaded.findings.append(_cipher_finding(name, source, found.legacy_cipher))
    if found.certificates:
        where = loaded.authorities if all(c.is_ca for c in found.certificates) else loaded.chains
        where.append((source, found.certificates))


def _read_layout(loaded: Loaded, directory: Path, password: bytes | None) -> None:
    """Read a directory in the CPF layout as one member, named for the directory."""
    certificate, key, authority = (directory / name for name in _CPF_LAYOUT)
    _add_member(loaded, directory.name, certificate, key, authority, password)


def _contents(loaded: Loaded, name: str, path: Path | None, password: bytes | None) -> Contents | None:
    """Read a file that IRIS is to read; None where there is none, or none that can be read."""
    if path is None:
        return None
    try:
        found = read_contents(read_file(path), password)
    except ValueError as error:
        loaded.problems.append(_named(path, error))
        return None
    if not found.certificates:
        loaded.problems.append(f"{path}: holds no certificate")
    if found.form != "PEM":
        loaded.findings.append(_form_finding(name, Source(str(path)), found.form, is_in_place=True))
    return found


def _own_key(loaded: Loaded, name: str, path: Path | None, password: bytes | None) -> bytes | None:
    """Read a member's key, and give its public half."""
    if path is None:
        return None
    try:
        found = read_contents(read_file(path), password)
    except ValueError as error:
        loaded.findings.append(_key_finding(name, Source(str(path)), str(error)))
        return None
    if found.form != "PEM":
        loaded.findings.append(_form_finding(name, Source(str(path)), found.form, is_in_place=True))
    if found.legacy_cipher is not None:
        loaded.findings.append(_cipher_finding(name, Source(str(path)), found.legacy_cipher))
    if not found.keys:
        problem = found.key_problem or "there is no private key in it"
        loaded.findings.append(_key_finding(name, Source(str(path)), problem))
        return None
    loaded.keys[name] = found.keys[0]
    return spki_of(found.keys[0])


def _add_member(
    loaded: Loaded,
    name: str,
    certificate: Path | None,
    key: Path | None,
    authority: Path | None,
    password: bytes | None,
) -> None:
    chain, authorities = (_contents(loaded, name, path, password) for path in (certificate, authority))
    loaded.members.append(
        MemberFiles(
            name,
            () if chain is None else chain.certificates,
            () if authorities is None else authorities.certificates,
            authority is not None,
            _own_key(loaded, name, key, password),
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
        parser.read_string(read_file(path).decode("utf-8-sig", "replace"))
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


def _named(path: Path, error: Exception) -> str:
    text = str(error)
    if path == STANDARD_INPUT:
        return f"standard input: {text}"
    return text if str(path) in text else f"{path}: {text}"


def _read_one_of_many(loaded: Loaded, path: Path, password: bytes | None) -> None:
    """Read a file of a directory that was named: what has nothing to do with certificates is passed over."""
    try:
        _read(loaded, path, password)
    except ForeignFile:
        return
    except (ValueError, OSError) as error:
        loaded.problems.append(_named(path, error))


def _read(loaded: Loaded, path: Path, password: bytes | None) -> None:
    if path.is_dir():
        layouts = list(_directories(path))
        for directory in layouts:
            _read_layout(loaded, directory, password)
        if not layouts:
            for child in sorted(child for child in path.iterdir() if child.is_file()):
                _read_one_of_many(loaded, child, password)
    elif path.suffix.lower() == ".ini":
        _read_ssldefs(loaded, path, password)
    else:
        _read_loose(loaded, path.stem, Source(str(path)), read_file(path), password)


def _is_authority_file(entry: tuple[Source, tuple[Certificate, ...]], loaded: Loaded) -> bool:
    """Tell whether a loose file that holds a member's certificate is a CA file: another file shows it as its own."""
    source, certificates = entry
    others = {chain[0] for other, chain in loaded.chains if other != source}
    is_called_so = _AUTHORITY_NAME.search(Path(source.path).stem) is not None
    return (certificates[0].is_ca or is_called_so) and not others.isdisjoint(certificates)


def _assemble(loaded: Loaded) -> None:
    """Let loose certificates find their keys; loose CA files serve every loose member."""
    mixed = [entry for entry in loaded.chains if _is_authority_file(entry, loaded)]
    loaded.chains = [entry for entry in loaded.chains if entry not in mixed]
    loaded.authorities += mixed
    authorities = tuple(c for _, certificates in loaded.authorities for c in certificates)
    source = loaded.authorities[0][0] if loaded.authorities else Source("CA file")
    unclaimed = list(loaded.loose_keys)
    for certificate_source, chain in loaded.chains:
        name = Path(certificate_source.path).stem
        mine = next(
            (entry for entry in unclaimed if any(are_same_key(spki_of(entry[1]), c.spki) for c in chain)),
            None,
        )
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


def _read_input(loaded: Loaded, password: bytes | None) -> None:
    """Read what comes on standard input, as one file."""
    data = sys.stdin.buffer.read(FILE_BYTES + 1)
    if len(data) > FILE_BYTES:
        raise ValueError(f"is larger than {FILE_BYTES} bytes")
    _read_loose(loaded, "standard input", _FROM_INPUT, data, password)


def load(paths: Sequence[Path], password: bytes | None) -> Loaded:
    """Read everything that was named; `-` is standard input.

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
            if path == STANDARD_INPUT:
                _read_input(loaded, password)
            else:
                _read(loaded, path, password)
        except (ValueError, OSError) as error:
            loaded.problems.append(_named(path, error))
    _assemble(loaded)
    for path in definitions:
        try:
            loaded.findings += read_definition(loaded.members, loaded.keys, path)
        except ValueError as error:
            loaded.problems.append(f"{path}: {error}")
    is_judged = loaded.members or loaded.requests or any(one.check != _PEM_CHECK for one in loaded.findings)
    if not (loaded.problems or is_judged or definitions):
        # "Nothing found" would be said of certificates that nobody saw.
        names = ("standard input" if path == STANDARD_INPUT else str(path) for path in paths)
        loaded.problems.append(f"{', '.join(names)}: holds no member's certificate, so nothing was judged")
    return loaded
