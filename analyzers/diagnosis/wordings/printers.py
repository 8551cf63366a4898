"""Programs and libraries that print another's words: their own mark names the stack that a reader looks for."""

from __future__ import annotations

import re

__all__ = ["printer_of"]

# First what any of the marks must hold, as a plain text, for a pattern is looked for much more slowly.
_PRINTERS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("ssl/tls error in ", "error #", "x.509 certificate"),
        re.compile(
            r"ssl/tls error in <?ssl_|^\W*(?:[\d/:. -]+\(\d+\) \d )?error #\d{4}:|\bverify error with x\.509 certificate"
        ),
        "InterSystems",
    ),
    (
        ("_ssl.c", "ssl.ssl", "[ssl", "[x509", "sslcertverificationerror"),
        re.compile(
            r"\b_ssl\.c:\d+|ssl\.ssl\w*error|\[(?:ssl|x509)(?:: [a-z0-9_]+)?\]|sslcertverificationerror"
        ),
        "Python",
    ),
    (
        ("err_ssl_", "node", "tlssocket", "code", "library: '", "eproto", "npm err", "error: ", "[hpm]"),
        re.compile(
            r"(?<!net::)\berr_ssl_|node:internal|\bat tlssocket\.|\bcode:? '?(?:unable_|cert_|depth_zero|self_signed|eproto|err_tls|econn)"
            r"|library: 'ssl routines'|\beproto\b|node.{0,20}deps/openssl|deps[/\\]openssl|npm err!"
            r"|\b(?:request|fetch|axios|gaxios)error: |\[hpm\]|\berror: unable to verify the first certificate"
        ),
        "Node",
    ),
    (
        ("openssl_internal", "net::err_", "ssl_client_socket", ".cc"),
        re.compile(r"openssl_internal|net::err_|ssl_client_socket|\b(?:handshake|ssl_lib)\.cc\b"),
        "BoringSSL",
    ),
    (
        ("libressl", "st_connect", "st_accept", "connect_c", "accept_s"),
        re.compile(
            r"ssl routines:(?:st_connect|st_accept|connect_c[rw]_|accept_s[rw]_|(?:sslv3/)?ssl3_\w+)\b.*/libressl|:(?:st_connect|connect_c[rw]_\w+|st_accept|accept_s[rw]_\w+):"
        ),
        "LibreSSL",
    ),
    (
        (".erl", "{tls_alert,", "in state", "{bad_cert,"),
        re.compile(r"\.erl:\d|\{tls_alert,|\btls :?(?:client|server): in state|\{bad_cert,|\.erl\""),
        "Erlang",
    ),
    (
        ("bouncycastle", "tlsfatalalert", " #"),
        re.compile(r"bouncycastle|tlsfatalalert|\[(?:client|server) #\d+ @"),
        "Bouncy Castle",
    ),
    (("io.netty.handler.ssl",), re.compile(r"io\.netty\.handler\.ssl"), "Netty"),
    (
        ("botan", "certificate validation failure: "),
        re.compile(r"\bbotan\b|certificate validation failure: "),
        "Botan",
    ),
    (("wolfssl",), re.compile(r"wolfssl"), "wolfSSL"),
)
_JAVA = (
    *("javax.net.ssl", "sun.security.", "java.security.", "java.net.", "java.io.", "org.apache.kafka"),
    *("socketserver brokerid", "clientid="),
)
_HAPROXY = re.compile(r"\] \S+/\S+: (?:ssl|connection closed|timeout) |reason: layer6 invalid response")
_GENERIC = frozenset({"operating system", "unknown", "OpenSSL", "InterSystems"})
"""Stacks whose words any program may print; a line that bears Java's mark is Java's then."""


def printer_of(line: str, stack: str) -> str:
    """Give the stack that printed `line`, in lower case, whose words are those of `stack`."""
    for marks, pattern, name in _PRINTERS:
        if any(map(line.__contains__, marks)) and pattern.search(line):
            return name
    if stack not in _GENERIC:
        return stack
    if "openssl" in line:
        return "OpenSSL"
    if any(map(line.__contains__, _JAVA)):
        return "Java"
    return "HAProxy" if _HAPROXY.search(line) else stack
