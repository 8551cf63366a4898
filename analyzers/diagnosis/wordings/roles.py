"""Which end wrote a line: from the names of functions and states, and from the programs that play one role only.

Marks are plain texts wherever they can be: a hundred of them are looked for in less time than one pattern with as many branches.
"""

from __future__ import annotations

import re

from analyzers.connection import Party

__all__ = ["writer_of"]

# OpenSSL names its functions for what they process: only a client gets a server's certificate.
_CLIENT_FUNCTIONS = (
    *("ssl_connect", "ssl3_connect", "ssl23_connect", "ssl23_get_server", "ssl3_get_server_hello"),
    *(
        "ssl3_get_server_certificate",
        "ssl3_get_server_done",
        "ssl3_get_key_exchange",
        "ssl3_get_certificate_request",
    ),
    *("ssl3_send_client", "tls_process_server", "tls_post_process_server", "tls_process_key_exchange"),
    *(
        "tls_process_certificate_request",
        "tls_construct_client",
        "ssl_choose_client_version",
        "tls_process_ske",
    ),
    *("st_connect", "connect_cr_", "connect_cw_", "sslv2/v3 write client hello", "wolfssl_connect"),
    *("tls client:", "tls :client:", "clienthandshak", "authenticateasclient", "initializesecuritycontext"),
    *("checkservertrusted", "ssl_client_socket", "[client #", "handshake error in client"),
)
_CLIENT_PROGRAMS = (
    *("curl: (", "curl error ", "libcurl", "; curl ", "unable to access '", "while accessing http", "wget"),
    *("write eproto", "npm err!", "(in), tls ", "(out), tls ", "dial tcp", "unable to connect to the server"),
    *(
        "transport: authentication handshake",
        "upstream connect error",
        "to upstream",
        "upstream ssl",
        "net::err_",
    ),
    *(
        "stream_socket_client(",
        "file_get_contents(",
        "esp-tls",
        "esp-x509-crt-bundle",
        "* nss",
        "tls: can't connect",
    ),
    *("ldap_start_tls", "ldap_sasl", "tls certificate verification: error", "2026 (hy000)", "error 2026:"),
    *(
        "ssl connection error:",
        "tls/ssl error:",
        'connection to server at "',
        "psql: ",
        "postfix/smtp[",
        "nsurlsession",
    ),
    *(
        "nsurlerrordomain",
        "[producer clientid=",
        "[consumer clientid=",
        "[adminclient clientid=",
        "kafka.clients.",
    ),
    *(
        "the ssl connection could not be established",
        "ssl provider, error: 0",
        "failed to connect to wolfssl",
    ),
    *(
        "gnutls_handshake() failed: ",
        "certificate received from the remote server",
        "server certificate verif",
    ),
    *("server ssl certificate verif", "ssl connect error", "ssl connect attempt", "tls connect error"),
    *("ssl verification error at depth", "pre-login handshake", "svn: ", "ldap error"),
)
_CLIENT_PATTERN = re.compile(
    r"tls_process_cert_verify.*server|\b(?:get|post|put|head|patch|delete) \\?\"?https?://|openssl/\d\S*: error|can't connect to \S+:\d"
)

_SERVER_FUNCTIONS = (
    *("ssl_accept", "ssl3_accept", "ssl23_accept", "ssl23_get_client", "ssl3_get_client_hello"),
    *(
        "ssl3_get_client_certificate",
        "ssl3_get_client_key_exchange",
        "ssl3_get_cert_verify",
        "ssl3_check_client",
    ),
    *("ssl3_send_server", "tls_process_client", "tls_early_process_client", "tls_early_post_process_client"),
    *("tls_post_process_client", "tls_process_cke", "tls_construct_server", "ssl_choose_server_version"),
    *(
        "tls_parse_ctos",
        "st_accept",
        "accept_sr_",
        "accept_sw_",
        "tls server:",
        "tls :server:",
        "serverhandshak",
    ),
    *("wolfssl_accept", "authenticateasserver", "acceptsecuritycontext", "checkclienttrusted", "[server #"),
    *("tls server conn", "client certificate verif", "client ssl certificate verif"),
)
_SERVER_PROGRAMS = (
    *("http: tls handshake error from", "while ssl handshaking, client:", "could not accept ssl connection"),
    *("imap-login: ", "pop3-login: ", "managesieve-login: ", "submission-login: ", "rejected connection"),
    *("error accepting a client connection", "error receiving request from client", "socketserver brokerid"),
    *(
        "authenticate https connection",
        "certificate received from the remote client",
        "listening on ssl port",
    ),
    *("while reading client request headers", "gnutls returned error on handshake", "radiusd[", "eap_tls: "),
    *("eap_peap: ", "eap_ttls: ", "/smtpd["),
)
_SERVER_PATTERN = re.compile(r"cid:\d+ - tls handshake")

_CLIENT = _CLIENT_FUNCTIONS + _CLIENT_PROGRAMS
_SERVER = _SERVER_FUNCTIONS + _SERVER_PROGRAMS


def writer_of(line: str) -> Party | None:
    """Give the role of the host that wrote `line`, in lower case; None where nothing in it tells, or both roles are named."""
    is_client = any(map(line.__contains__, _CLIENT)) or _CLIENT_PATTERN.search(line) is not None
    is_server = any(map(line.__contains__, _SERVER)) or _SERVER_PATTERN.search(line) is not None
    if is_client == is_server:
        return None
    return Party.CLIENT if is_client else Party.SERVER
