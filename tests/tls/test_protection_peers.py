"""Record protection against programs with engines other than ours: GnuTLS and `openssl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzers.errors import DecryptionFailed, ProtectionUnsupported
from analyzers.tls.ciphers import expand
from analyzers.tls.protection import tls12_protection, tls13_protection
from analyzers.tls.secrets import KeyLog
from tests.tls.engines import CLIENT, SERVER, Record, credentials
from tests.tls.peers import Program, Tap, free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HANDSHAKE, APPLICATION_DATA = 22, 23
KEY_UPDATE = b"\x18\x00\x00\x01"


@pytest.fixture
def files(tmp_path: Path, require_program: Callable[[str], str]) -> tuple[str, str, str]:
    """Give the paths of a certificate, of its key, and of a key log to be written."""
    for program in ("openssl", "gnutls-cli", "gnutls-serv"):
        require_program(program)
    key, certificate = credentials("RSA")
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"), str(tmp_path / "keylog")


def hello(records: list[Record], sender: str) -> bytes:
    """Give the first record of one end."""
    return next(record.fragment for record in records if record.sender == sender)


def read_keylog(path: str) -> KeyLog:
    """Read the key log that a program wrote, which must be free of errors."""
    with open(path, "rb") as file:  # noqa: PTH123  # a path in text, from a fixture
        keylog = KeyLog.parse(file.read())
    assert keylog.problems == ()
    return keylog


def gnutls(files: tuple[str, str, str], version: str, cipher: str, mac: str, more: str = "") -> list[Record]:
    """Let gnutls-cli send a line to gnutls-serv, and give the records."""
    certificate, key, keylog = files
    priority = f"NONE:+VERS-{version}:+RSA:+{cipher}:+{mac}:+COMP-NULL:+SIGN-ALL:+GROUP-ALL{more}"
    port = free_port()
    arguments = ("--echo", "--port", str(port), "--x509keyfile", key, "--x509certfile", certificate)
    with Program("gnutls-serv", *arguments, "--priority", priority) as server:
        server.read_until(b"IPv4 0.0.0.0")
        with Tap(port) as tap:
            options = ("--insecure", "--port", str(tap.port), "127.0.0.1", "--priority", priority)
            with Program("gnutls-cli", *options, SSLKEYLOGFILE=keylog) as client:
                client.read_until(b"Handshake was completed")
                client.write(b"a line for GnuTLS\n")
                client.read_until(b"a line for GnuTLS")
                client.finish()
    return tap.records


@pytest.mark.parametrize("more", ["", ":%NO_ETM"])
@pytest.mark.parametrize(
    ("version", "number", "cipher", "mac", "suite"),
    [
        ("TLS1.0", 0x0301, "3DES-CBC", "SHA1", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("TLS1.1", 0x0302, "3DES-CBC", "SHA1", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("TLS1.2", 0x0303, "3DES-CBC", "SHA1", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("TLS1.0", 0x0301, "ARCFOUR-128", "SHA1", "TLS_RSA_WITH_RC4_128_SHA"),
        ("TLS1.2", 0x0303, "ARCFOUR-128", "MD5", "TLS_RSA_WITH_RC4_128_MD5"),
        ("TLS1.0", 0x0301, "AES-256-CBC", "SHA1", "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("TLS1.2", 0x0303, "CAMELLIA-256-CBC", "SHA256", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256"),
        ("TLS1.2", 0x0303, "AES-256-CCM-8", "AEAD", "TLS_RSA_WITH_AES_256_CCM_8"),
        ("TLS1.2", 0x0303, "AES-128-GCM", "AEAD", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ],
)
def test_opens_what_gnutls_writes(
    files: tuple[str, str, str], version: str, number: int, cipher: str, mac: str, suite: str, more: str
) -> None:
    """All records between two GnuTLS programs open, the ciphers that OpenSSL has dropped among them."""
    records = gnutls(files, version, cipher, mac, more)
    client_hello, server_hello = hello(records, CLIENT), hello(records, SERVER)
    (code,) = expand([suite])
    assert code.to_bytes(2, "big") in server_hello
    master = read_keylog(files[2]).secrets_for(client_hello[6:38])["CLIENT_RANDOM"]
    encrypts_first = b"\x00\x16\x00\x00" in server_hello
    if "CBC" in suite:
        assert encrypts_first == (not more)
    texts = []
    for sender in (CLIENT, SERVER):
        protection = tls12_protection(
            code,
            number,
            master,
            client_hello[6:38],
            server_hello[6:38],
            for_client=sender == CLIENT,
            encrypt_then_mac=encrypts_first,
        )
        mine = [record for record in records if record.sender == sender]
        first = next(index for index, record in enumerate(mine) if record.content_type == 20)
        protected = [(record.content_type, record.version, record.fragment) for record in mine[first + 1 :]]
        texts += [(sender, *protection.open(*record)) for record in protected]
    for sender in (CLIENT, SERVER):
        assert [text[:4] for who, kind, text in texts if (who, kind) == (sender, HANDSHAKE)] == [
            b"\x14\x00\x00\x0c"
        ]
        data = b"".join(text for who, kind, text in texts if (who, kind) == (sender, APPLICATION_DATA))
        assert data == b"a line for GnuTLS\n"
    assert (CLIENT, 21, b"\x01\x00") in texts


def test_camellia_gcm_is_unsupported(files: tuple[str, str, str]) -> None:
    """A suite that GnuTLS has and no library of ours is said to be unsupported, not undecryptable."""
    records = gnutls(files, "TLS1.2", "CAMELLIA-128-GCM", "AEAD")
    client_random, server_random = hello(records, CLIENT)[6:38], hello(records, SERVER)[6:38]
    master = read_keylog(files[2]).secrets_for(client_random)["CLIENT_RANDOM"]
    with pytest.raises(ProtectionUnsupported, match="CAMELLIA_128_GCM"):
        tls12_protection(0xC07A, 0x0303, master, client_random, server_random, for_client=True)


def test_key_updates_of_openssl(files: tuple[str, str, str]) -> None:
    """Both directions of an `openssl` connection open across key updates that each end asks of the other."""
    certificate, key, path = files
    port = free_port()
    options = ("-accept", str(port), "-cert", certificate, "-key", key, "-tls1_3", "-rev")
    with Program("openssl", "s_server", *options) as server:
        server.read_until(b"ACCEPT")
        with Tap(port) as tap:
            _talk_with_updates(tap, path)
    texts = _opened_with_updates(tap.records, read_keylog(path))
    assert b"".join(texts[CLIENT]) == b"first\nsecond\nthird\n"
    assert b"".join(texts[SERVER]) == b"tsrif\ndnoces\ndriht\n"


def _talk_with_updates(tap: Tap, keylog: str) -> None:
    """Send three lines and three key updates, each only when what came before has gone out."""
    options = ("-connect", f"127.0.0.1:{tap.port}", "-keylogfile", keylog)
    with Program("openssl", "s_client", *options) as client:
        for line in (b"first\n", b"K\n", b"second\n", b"k\n", b"K\n", b"third\n"):
            before = _sent(tap.records, CLIENT)
            client.write(line)
            tap.wait_for(lambda records, before=before: _sent(records, CLIENT) > before)
            if len(line) > 2:
                client.read_until(line.strip()[::-1])
        client.write(b"Q\n")
        client.finish()


def _sent(records: list[Record], sender: str) -> int:
    return sum(record.sender == sender for record in records)


def _opened_with_updates(records: list[Record], keylog: KeyLog) -> dict[str, list[bytes]]:
    """Open a TLS 1.3 connection; the client updates its keys three times, the server twice when asked."""
    server_hello = hello(records, SERVER)
    at = 39 + server_hello[38]
    code = int.from_bytes(server_hello[at : at + 2], "big")
    secrets = keylog.secrets_for(hello(records, CLIENT)[6:38])
    texts: dict[str, list[bytes]] = {}
    for sender in (CLIENT, SERVER):
        updates = 0
        protection = tls13_protection(code, secrets[f"{sender.upper()}_HANDSHAKE_TRAFFIC_SECRET"])
        texts[sender] = []
        for record in records:
            if record.sender != sender or record.content_type != APPLICATION_DATA:
                continue
            kind, text = protection.open(record.content_type, record.version, record.fragment)
            if kind == HANDSHAKE and text[:1] == b"\x14":
                protection = tls13_protection(code, secrets[f"{sender.upper()}_TRAFFIC_SECRET_0"])
            elif kind == HANDSHAKE and text[:4] == KEY_UPDATE:
                updates += 1
                protection.next_generation()
            elif kind == APPLICATION_DATA:
                texts[sender].append(text)
        assert updates == (3 if sender == CLIENT else 2)
    return texts


def test_early_data_of_openssl(files: tuple[str, str, str], tmp_path: Path) -> None:
    """Early data opens with its own secret up to EndOfEarlyData, and what follows with the handshake secret."""
    certificate, key, path = files
    session, words = str(tmp_path / "session"), tmp_path / "words"
    words.write_bytes(b"early words")
    port = free_port()
    options = ("-accept", str(port), "-cert", certificate, "-key", key, "-tls1_3", "-early_data")
    with Program("openssl", "s_server", *options) as server:
        server.read_until(b"ACCEPT")
        _visit(port, server, "-sess_out", session)
        records = _visit(port, server, "-sess_in", session, "-early_data", str(words), "-keylogfile", path)
    secrets = read_keylog(path).secrets_for(hello(records, CLIENT)[6:38])
    code = int.from_bytes(hello(records, SERVER)[71:73], "big")
    protected = [r for r in records if r.sender == CLIENT and r.content_type == APPLICATION_DATA]
    early = tls13_protection(code, secrets["CLIENT_EARLY_TRAFFIC_SECRET"])
    handshake = tls13_protection(code, secrets["CLIENT_HANDSHAKE_TRAFFIC_SECRET"])
    data, end, finished = protected[:3]
    assert early.open(23, data.version, data.fragment) == (APPLICATION_DATA, b"early words")
    assert early.open(23, end.version, end.fragment) == (HANDSHAKE, b"\x05\x00\x00\x00")
    with pytest.raises(DecryptionFailed):
        early.open(23, finished.version, finished.fragment)
    assert handshake.open(23, finished.version, finished.fragment)[1][:1] == b"\x14"


def _visit(port: int, server: Program, *options: str) -> list[Record]:
    """Connect once with s_client, stay until a word of the server's has come, and give the records."""
    with (
        Tap(port) as tap,
        Program("openssl", "s_client", "-connect", f"127.0.0.1:{tap.port}", *options) as client,
    ):
        client.read_until(b"Early data was")
        server.write(b"behind the tickets\n")
        client.read_until(b"behind the tickets")
        client.write(b"Q\n")
        client.finish()
    return tap.records
