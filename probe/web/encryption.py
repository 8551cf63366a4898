"""TLS for the HTTP port: a context of the standard library, from an identity that is in memory already.

The library reads certificate and key from files only. The file is one in memory, without a name (memfd_create), and
gone when it was read: a decrypted key is never on a disk.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..outcome import UsageFailure

if TYPE_CHECKING:
    from ..identity import Identity

__all__ = ["server_context"]


def server_context(identity: Identity) -> ssl.SSLContext:
    """Make the context of a server that shows `identity` and speaks TLS 1.2 or later.

    Raises:
        UsageFailure: OpenSSL does not take the certificate or its key: too weak, or of a kind that has no use in TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    handle = os.memfd_create("mirrorprobe-web", os.MFD_CLOEXEC)
    with open(handle, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
        file.write(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.writelines(each.public_bytes(Encoding.PEM) for each in (identity.certificate, *identity.chain))
        file.flush()
        try:
            context.load_cert_chain(f"/proc/self/fd/{handle}")
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).lower().replace("_", " ")
            raise UsageFailure(
                f"[web] tls: OpenSSL cannot serve with this certificate and key: {reason}"
            ) from None
    return context
