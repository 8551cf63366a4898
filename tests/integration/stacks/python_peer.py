"""Python's own ssl module as a peer: a program of its own, for what it prints is the evidence."""

from __future__ import annotations

import argparse
import socket
import ssl

HELLO = b"hello\n"
VERSIONS = {771: ssl.TLSVersion.TLSv1_2, 772: ssl.TLSVersion.TLSv1_3}


def _context(asked: argparse.Namespace, *, is_server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(asked.ca)
    if asked.certificate:
        context.load_cert_chain(asked.certificate, asked.key)
    context.minimum_version = context.maximum_version = VERSIONS[asked.version]
    return context


def _dial(asked: argparse.Namespace) -> None:
    context = _context(asked, is_server=False)
    with socket.create_connection(("127.0.0.1", asked.port)) as raw, context.wrap_socket(raw) as tls:
        if asked.speaks:
            tls.sendall(HELLO)
        print(f"received {tls.recv(100)!r}")


def _answer(asked: argparse.Namespace) -> None:
    context = _context(asked, is_server=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        raw, _ = listener.accept()
        with raw, context.wrap_socket(raw, server_side=True) as tls:
            data = tls.recv(100)
            print(f"received {data!r}")
            tls.sendall(data)


def main() -> None:
    """Be one end, once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["client", "server"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--version", type=int)
    parser.add_argument("--ca")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--speaks", action="store_true")
    asked = parser.parse_args()
    try:
        (_dial if asked.role == "client" else _answer)(asked)
    except OSError as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
