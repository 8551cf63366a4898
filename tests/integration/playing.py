"""One connection between two real stacks, directly and then through a relay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.relaying import forwarding, mirror_of, relaying
from tests.integration.stacks.stack import Files

if TYPE_CHECKING:
    from pathlib import Path

    from analyzers.mirror.definition import Mirror
    from probe.account import Witnessed
    from probe.config import Action
    from probe.lab.cast import Cast
    from probe.lab.ends import End
    from probe.relayed import Relayed
    from tests.integration.stacks.stack import Answering, Dialling

__all__ = ["Heard", "Play", "files_of"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What both ends said in their own words."""

    client: tuple[str, ...]
    server: tuple[str, ...]


def files_of(end: End, directory: Path) -> Files:
    """Write what an end reads into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    ca = directory / "trusted.pem"
    ca.write_bytes(end.ca_pem)
    if end.identity is None:
        return Files(ca, None, None)
    written = end.identity.write(directory)
    return Files(ca, written.certificate, written.key)


class Play:
    """Two stacks with the files of a lab's cast."""

    def __init__(
        self, client: Dialling, server: Answering, cast: Cast, healthy: Cast, directory: Path
    ) -> None:
        """Write the files of both ends, and those of the healthy members for where an end has none."""
        self._client, self._server = client, server
        self._client_files = files_of(cast.client, directory / "client")
        self._server_files = files_of(cast.server, directory / "server")
        self._spare = files_of(healthy.client, directory / "spare")
        self._cast = cast
        self._directory = directory

    def direct(self, version: int, *, speaks: bool, server_version: int | None = None) -> Heard:
        """Let them talk without us."""
        with self._server.server(self._server_files, server_version or version) as server:
            client = self._client.client(server.port, self._client_files, version, speaks=speaks)
            return Heard(client, server.said())

    def relayed(
        self, version: int, action: Action, *, speaks: bool, server_version: int | None = None
    ) -> tuple[Heard, Relayed]:
        """Let them talk through a relay that has the identities of both."""
        connect_as = self._client_files if self._client_files.certificate else self._spare
        mirror = self._mirror()
        with (
            self._server.server(self._server_files, server_version or version) as server,
            relaying(server.port, mirror, self._server_files, connect_as, self._directory, action) as relay,
        ):
            client = self._client.client(relay.port, self._client_files, version, speaks=speaks)
            seen = relay.seen()
            return Heard(client, server.said()), seen

    def forwarded(
        self, version: int, *, speaks: bool, server_version: int | None = None
    ) -> tuple[Heard, Witnessed]:
        """Let them talk through a relay that only forwards."""
        with (
            self._server.server(self._server_files, server_version or version) as server,
            forwarding(server.port, self._mirror(), self._directory) as relay,
        ):
            client = self._client.client(relay.port, self._client_files, version, speaks=speaks)
            seen: Witnessed = relay.seen()  # type: ignore[assignment]  # a forwarding relay tells of these
            return Heard(client, server.said()), seen

    def _mirror(self) -> Mirror:
        ends = (self._cast.client, self._cast.server)
        return mirror_of(self._spare.ca, {end.name: end.identity.dn for end in ends if end.identity})
