"""A connection's handshake as one word, in the letters of Zeek's ssl_history.

Each message is a letter, a capital one from the client and a small one from the server: `CsxknGIi` is a whole
TLS 1.2 handshake, `Cl` one that the server refused. A run of application data is one letter.

| letter | message | letter | message |
|---|---|---|---|
| H | HelloRequest | C | ClientHello |
| S | ServerHello | J | HelloRetryRequest |
| V | HelloVerifyRequest | T | NewSessionTicket |
| O | EncryptedExtensions | X | Certificate, also compressed |
| K | ServerKeyExchange | R | CertificateRequest |
| N | ServerHelloDone | Y | CertificateVerify |
| G | ClientKeyExchange | F | Finished |
| W | CertificateURL | U | CertificateStatus |
| A | SupplementalData | P | KeyUpdate |
| E | EndOfEarlyData | Z | any other handshake message |
| I | ChangeCipherSpec | D | application data |
| L | alert, also an encrypted one | | |

As in Zeek, a handshake record that was not opened has no letter: without secrets the Finished of TLS 1.2 does
not show. What TLS 1.3 encrypts shows as application data, which it looks like.
"""

from __future__ import annotations

__all__ = ["MAX_LETTERS", "MESSAGE_LETTERS", "RECORD_LETTERS", "shorten"]

MAX_LETTERS = 128
"""Longer words tell no more: ends that take turns write `DdDdDd`."""

MESSAGE_LETTERS: dict[str, str] = {
    "HelloRequest": "H",
    "ClientHello": "C",
    "ServerHello": "S",
    "HelloRetryRequest": "J",
    "HelloVerifyRequest": "V",
    "NewSessionTicket": "T",
    "EncryptedExtensions": "O",
    "Certificate": "X",
    "CompressedCertificate": "X",
    "ServerKeyExchange": "K",
    "CertificateRequest": "R",
    "ServerHelloDone": "N",
    "CertificateVerify": "Y",
    "ClientKeyExchange": "G",
    "Finished": "F",
    "CertificateURL": "W",
    "CertificateStatus": "U",
    "SupplementalData": "A",
    "KeyUpdate": "P",
    "EndOfEarlyData": "E",
}
"""Letters of handshake messages, by the name that their RFC gives them."""

RECORD_LETTERS: dict[str, str] = {
    "change_cipher_spec": "I",
    "alert": "L",
    "encrypted_alert": "L",
    "application_data": "D",
}
"""Letters of other records, by the kind of the event."""


def shorten(letters: list[str]) -> str:
    """Join the letters of a connection, runs of application data drawn together."""
    kept: list[str] = []
    last = ""
    for letter in letters:
        if letter != last or letter not in "Dd":
            kept.append(letter)
        last = letter
        if len(kept) == MAX_LETTERS:
            break
    return "".join(kept)
