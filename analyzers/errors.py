"""What can be wrong with bytes, and where.

* `AnalyzerError`
    * `MalformedInput` (the writer of the bytes broke a rule; carries the offset)
        * `Truncated` (a structure is cut short: it ends before its own length says)
        * `MalformedRecord` (TLS record layer)
        * `MalformedMessage` (TLS handshake message, extension or alert)
        * `MalformedCertificate` (X.509)
        * `MalformedName` (a distinguished name in text)
        * `MalformedCapture` (pcap, pcapng, link or network layer)
        * `MalformedKeyLog` (NSS key log; the offset is a line number)
        * `MalformedDefinition` (mirror definitions that IRIS wrote; the offset is a line number)
    * `DecryptionFailed` (the secret does not open this record)
    * `ProtectionUnsupported` (we have no way to open records of this cipher suite)

Anything else that is raised out of `analyzers` is a bug of ours.
"""

from __future__ import annotations

__all__ = [
    "AnalyzerError",
    "DecryptionFailed",
    "MalformedCapture",
    "MalformedCertificate",
    "MalformedDefinition",
    "MalformedInput",
    "MalformedKeyLog",
    "MalformedMessage",
    "MalformedName",
    "MalformedRecord",
    "ProtectionUnsupported",
    "Truncated",
]


class AnalyzerError(Exception):
    """The root of everything that the analyzers raise on purpose."""


class MalformedInput(AnalyzerError):
    """Bytes that break the rules of their format."""

    def __init__(self, offset: int, what: str) -> None:
        """Record the `offset` (bytes from the input's start, or a line number) and `what` is wrong."""
        super().__init__(f"{what} (at offset {offset})")
        self.offset = offset
        self.what = what


class Truncated(MalformedInput):
    """A structure ends before the length that it gave itself."""


class MalformedRecord(MalformedInput):
    """A TLS record that RFC 8446 section 5 does not allow."""


class MalformedMessage(MalformedInput):
    """A TLS handshake message, extension or alert that its RFC does not allow."""


class MalformedCertificate(MalformedInput):
    """Bytes that are no X.509 certificate."""


class MalformedName(MalformedInput):
    """Text that is no distinguished name in any of the notations that we read."""


class MalformedCapture(MalformedInput):
    """A capture file, or a frame in it, that breaks its format."""


class MalformedKeyLog(MalformedInput):
    """A line of a key log that is not in the NSS format; the offset is the line number."""


class MalformedDefinition(MalformedInput):
    """A mirror definition that cannot be read; the offset is the line number."""


class DecryptionFailed(AnalyzerError):
    """A record that its supposed secret does not open."""


class ProtectionUnsupported(AnalyzerError):
    """A cipher suite or protocol version whose records we cannot open, whatever secrets there are."""
