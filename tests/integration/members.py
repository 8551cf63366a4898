"""Two healthy members, their files, and a relay between them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from probe.config import Action
from probe.lab.cast import Cast
from tests.integration.playing import files_of
from tests.integration.relaying import Relaying, mirror_of, relaying

if TYPE_CHECKING:
    import socket
    from contextlib import AbstractContextManager
    from pathlib import Path

    from probe.lab.authority import Authority
    from tests.integration.stacks.stack import Files


class Members:
    """The files of two healthy members, and a relay between them."""

    def __init__(self, authority: Authority, directory: Path) -> None:
        """Write the files."""
        self.cast = Cast.healthy(authority)
        self.client = files_of(self.cast.client, directory / "client")
        self.server = files_of(self.cast.server, directory / "server")
        self._directory = directory

    def relay(
        self, upstream: int, action: Action = Action.OBSERVE, *, tls_required: bool = True, **limits: float
    ) -> AbstractContextManager[Relaying]:
        """Run a relay in front of a port."""
        listed = {end.name: end.identity.dn for end in (self.cast.client, self.cast.server) if end.identity}
        mirror = mirror_of(self.client.ca, listed, tls_required=tls_required)
        return relaying(upstream, mirror, self.server, self.client, self._directory, action, **limits)

    def context(self, files: Files, *, is_server: bool) -> ssl.SSLContext:
        """Give a context with the files of one member."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files.ca)
        assert files.certificate
        context.load_cert_chain(files.certificate, files.key)
        return context

    def echo(self, connection: socket.socket) -> None:
        """Serve TLS, and send back all that comes."""
        with self.context(self.server, is_server=True).wrap_socket(connection, server_side=True) as tls:
            tls.settimeout(20)
            while data := tls.recv(65536):
                tls.sendall(data)
