"""Which end wrote a line, from the names of the functions and states in it."""

from __future__ import annotations

import re

from analyzers.connection import Party

__all__ = ["writer_of"]

# OpenSSL names its functions for what they process: only a client gets a server's certificate.
_CLIENT = re.compile(
    r"ssl_connect|ssl3_connect|ssl23_get_server|ssl23_connect|ssl3_get_server_(?:hello|certificate|done)|ssl3_get_key_exchange"
    r"|ssl3_get_certificate_request|ssl3_send_client|tls_(?:post_)?process_server|tls_process_key_exchange|tls_process_certificate_request"
    r"|tls_process_cert_verify.*server|tls_construct_client|ssl_choose_client_version|tls_process_ske|ST_CONNECT|CONNECT_C[RW]_"
    r"|tls client:|clienthandshak|sslv2/v3 write client hello|wolfssl_connect|to upstream|upstream ssl|curl: \("
    r"|server certificate verif|authenticateasclient|initializesecuritycontext",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"ssl_accept|ssl3_accept|ssl23_get_client|ssl23_accept|ssl3_get_client_(?:hello|certificate|key_exchange)|ssl3_get_cert_verify"
    r"|ssl3_check_client|ssl3_send_server|tls_(?:early_)?(?:post_)?process_client|tls_process_cke|tls_construct_server|ssl_choose_server_version"
    r"|tls_parse_ctos|ST_ACCEPT|ACCEPT_S[RW]_|tls server:|serverhandshak|wolfssl_accept|http: tls handshake error from"
    r"|while ssl handshaking, client:|could not accept ssl connection|client ssl certificate verify error|authenticateasserver"
    r"|acceptsecuritycontext",
    re.IGNORECASE,
)


def writer_of(line: str) -> Party | None:
    """Give the role of the host that wrote `line`; None where nothing in it tells, or both roles are named."""
    is_client, is_server = bool(_CLIENT.search(line)), bool(_SERVER.search(line))
    if is_client == is_server:
        return None
    return Party.CLIENT if is_client else Party.SERVER
