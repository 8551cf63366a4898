"""Which secret opens the next record of a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import Party
from ..tls.ciphers import suite
from ..tls.compression import DEFLATE
from ..tls.keyschedule import master_secret
from ..tls.protection import tls12_protection, tls13_protection

if TYPE_CHECKING:
    from ..tls.protection import RecordProtection
    from ..tls.secrets import KeyLog
    from .direction import Direction
    from .negotiation import Negotiation

__all__ = ["find_protection"]

_TLS13_LABELS = {
    (Party.CLIENT, False): "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    (Party.CLIENT, True): "CLIENT_TRAFFIC_SECRET_0",
    (Party.SERVER, False): "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    (Party.SERVER, True): "SERVER_TRAFFIC_SECRET_0",
}
"""By the sender, and by whether its Finished has passed (RFC 8446 section 7.1)."""


def find_protection(
    keylog: KeyLog, negotiation: Negotiation, direction: Direction
) -> RecordProtection | None:
    """Give the protection of the next record of `direction`; None where the key log has no secret for it.

    Raises:
        ProtectionUnsupported: we cannot run the cipher suite.
    """
    if negotiation.version is None:
        return None
    if negotiation.is_tls13:
        label = _TLS13_LABELS[direction.party, direction.uses_application_keys]
        secret = keylog.secrets_for(negotiation.client_random).get(label)
        if secret is None:
            return None
        return tls13_protection(negotiation.suite, secret, negotiation.version)
    master = _master_secret(keylog, negotiation)
    hello = negotiation.server_hello
    if master is None or hello is None:
        return None
    return tls12_protection(
        negotiation.suite,
        negotiation.version,
        master,
        negotiation.client_random,
        negotiation.server_random,
        for_client=direction.party is Party.CLIENT,
        encrypt_then_mac=negotiation.encrypts_then_macs,
        compression=0 if hello.compression_method == DEFLATE else hello.compression_method,
    )


def _master_secret(keylog: KeyLog, negotiation: Negotiation) -> bytes | None:
    """Find the master secret, or make it of a premaster secret where that takes no transcript."""
    random, version = negotiation.client_random, negotiation.version or 0
    secrets = keylog.secrets_for(random)
    found = secrets.get("CLIENT_RANDOM")
    if found is not None or negotiation.has_extended_master_secret:
        return found
    premaster = secrets.get("PMS_CLIENT_RANDOM")
    if premaster is None and negotiation.encrypted_premaster:
        premaster = keylog.premaster_for(negotiation.encrypted_premaster)
    properties = suite(negotiation.suite)
    if premaster is None or properties is None:
        return None
    return master_secret(version, properties.prf_hash, premaster, random, negotiation.server_random)
