"""One observer for every road: bytes of two directions in, the record of the connection out.

An `Observer` does no IO and never raises on what it is fed. It can be asked for the connection at any time,
and for single facts as they become known, which the relay needs to act in step with the handshake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connection import Connection, Party
from .observing.conversation import Conversation
from .observing.opening import current_protection
from .observing.outcome import is_complete, read_outcome
from .observing.passing import pass_over, pass_run, plain_lengths, telling_lengths
from .observing.snapshot import first_close, read_cuts, read_events, read_preamble, read_tls
from .observing.standing import Standing
from .tls.records import ReaderMode

if TYPE_CHECKING:
    from .connection import CloseKind, Endpoint, NetworkError, Road, VerifyError
    from .observing.noted import SeenAlert
    from .observing.passing import PassedRun
    from .tls.messages import CertificateRequest, ClientHello, ServerHello
    from .tls.protection import RecordProtection
    from .tls.secrets import KeyLog
    from .x509.certificate import Certificate

__all__ = ["Observer"]

_BOTH = frozenset(Party)


class Observer:
    """What one TCP connection shows, while it shows it."""

    __slots__ = (
        "_client",
        "_conversation",
        "_ended",
        "_has_start",
        "_network_error",
        "_road",
        "_server",
        "_started",
        "_verify_errors",
        "directions_seen",
    )

    def __init__(
        self,
        client: Endpoint,
        server: Endpoint,
        *,
        started: float,
        road: Road,
        keylog: KeyLog | None = None,
        has_start: bool = True,
    ) -> None:
        """Begin a connection.

        Args:
            client: the end that opened it.
            server: the other end.
            started: when it was opened, in epoch seconds.
            road: how its bytes come to us.
            keylog: secrets; lines may be added to it while the connection is observed.
            has_start: False where the capture may have begun later than the connection.
        """
        self._client = client
        self._server = server
        self._started = started
        self._ended = started
        self._road = road
        self._has_start = has_start
        self._network_error: NetworkError | None = None
        self._verify_errors: list[VerifyError] = []
        self._conversation = Conversation(keylog, has_start=has_start)
        self.directions_seen = _BOTH
        """The ends of which packets were seen; who sees packets says so where one is missing."""

    def feed(self, sender: Party, data: bytes | memoryview, at: float, frame: int | None = None) -> None:
        """Take the next bytes that `sender` sent, in the order of its stream.

        Args:
            sender: the end that sent them.
            data: the bytes.
            at: when they came, in epoch seconds.
            frame: the packet's number, where there are packets.
        """
        conversation = self._conversation
        self._ended = max(self._ended, at)
        conversation.feed(conversation.direction(sender), bytes(data), at, frame)

    def gap(self, sender: Party, length: int, at: float) -> None:
        """Note that `length` bytes of `sender`'s stream are missing here; 0 where nobody knows how many."""
        conversation = self._conversation
        conversation.gap(conversation.direction(sender), max(length, 0), at)

    def skippable(self, sender: Party) -> int:
        """Say how many of the coming bytes of a direction need not be fed, but may be passed by `skip`."""
        return self._conversation.direction(sender).reader.skippable

    def skip(self, sender: Party, length: int, at: float, frame: int | None = None) -> None:
        """Step over bytes that are there and need not be looked at; more than `skippable` of them are a gap."""
        conversation = self._conversation
        direction = conversation.direction(sender)
        self._ended = max(self._ended, at)
        if length > direction.reader.skippable:
            conversation.gap(direction, length, at)
            return
        direction.at = at
        direction.frame = frame
        conversation.skip(direction, length)

    def telling_lengths(self, sender: Party) -> tuple[int, ...] | None:
        """Give the lengths of application data records that still have to be fed; None: all have to."""
        return telling_lengths(self._conversation, self._conversation.direction(sender))

    def standing(self, sender: Party) -> Standing:
        """Say how far `sender` has come, and how its next records will be taken."""
        conversation = self._conversation
        direction = conversation.direction(sender)
        reader = direction.reader
        return Standing(
            sender,
            conversation.negotiation.version,
            direction.has_changed,
            reader.start,
            reader.mode is ReaderMode.READING,
            plain_lengths(conversation, direction),
            telling_lengths(conversation, direction),
            direction.counted_bytes,
        )

    def pass_run(self, sender: Party, run: PassedRun) -> None:
        """Take note of application data records of other lengths, which then are to be passed over."""
        pass_run(self._conversation, self._conversation.direction(sender), run)

    def pass_over(self, sender: Party, length: int, records: int, left: int, at: float) -> None:
        """Step over `length` bytes that hold so many of these records, the last of which lacks `left` bytes."""
        self._ended = max(self._ended, at)
        pass_over(self._conversation.direction(sender), length, records, left)

    def closed(self, sender: Party, kind: CloseKind, at: float, frame: int | None = None) -> None:
        """Note that `sender` closed its direction."""
        conversation = self._conversation
        self._ended = max(self._ended, at)
        conversation.close(conversation.direction(sender), kind, at, frame)

    def network_failed(self, error: NetworkError) -> None:
        """Note what the operating system says about the connection, where we are an end of it."""
        self._network_error = error
        self._ended = max(self._ended, self._started + error.after_seconds)

    def verify_error(self, error: VerifyError) -> None:
        """Note what our own TLS engine holds against a peer's chain."""
        self._verify_errors.append(error)

    def connection(self) -> Connection:
        """Give the record of all that was observed so far."""
        conversation = self._conversation
        conversation.retry()
        conversation.settle()
        events = read_events(conversation)
        closed_by, close_kind = first_close(conversation)
        return Connection(
            client=self._client,
            server=self._server,
            started=self._started,
            ended=self._ended,
            road=self._road,
            preamble=read_preamble(conversation),
            outcome=read_outcome(conversation, self._network_error, self.directions_seen),
            closed_by=closed_by,
            close_kind=close_kind,
            client_application_bytes=conversation.client.sent_bytes,
            server_application_bytes=conversation.server.sent_bytes,
            tls=read_tls(conversation, events),
            events=tuple(events),
            problems=(*conversation.problems, *read_cuts(conversation, events)),
            network_error=self._network_error,
            verify_errors=tuple(self._verify_errors),
            has_start=self._has_start,
            directions_seen=self.directions_seen,
        )

    def tls_started(self, sender: Party) -> bool:
        """Say whether `sender` has begun TLS."""
        return self._conversation.direction(sender).reader.start is not None

    def preamble_bytes(self, sender: Party) -> int:
        """Say how many bytes `sender` sent before TLS; all of them, while TLS has not begun."""
        reader = self._conversation.direction(sender).reader
        return reader.total if reader.start is None else reader.start

    def application_bytes(self, sender: Party) -> int:
        """Say how many bytes of application data `sender` has sent so far, as the record counts them."""
        return self._conversation.direction(sender).sent_bytes

    def undecided_bytes(self, sender: Party) -> int:
        """Say how many of the last bytes of `sender` may turn out to begin TLS when more are seen."""
        return self._conversation.direction(sender).reader.undecided

    def is_flight_complete(self, sender: Party) -> bool:
        """Say whether `sender` has sent its part of the handshake, so that the other end has to go on."""
        conversation = self._conversation
        conversation.retry()
        direction = conversation.direction(sender)
        if direction.finished:
            return True
        return sender is Party.SERVER and conversation.negotiation.is_server_done

    @property
    def client_hello(self) -> ClientHello | None:
        """The ClientHello that counts: the second one after a HelloRetryRequest."""
        return self._conversation.negotiation.client_hello

    @property
    def server_hello(self) -> ServerHello | None:
        """The ServerHello; None before it."""
        return self._conversation.negotiation.server_hello

    @property
    def hello_retry_request(self) -> ServerHello | None:
        """The HelloRetryRequest; None without one."""
        return self._conversation.negotiation.hello_retry_request

    @property
    def version(self) -> int | None:
        """The negotiated version's code point."""
        return self._conversation.negotiation.version

    @property
    def group(self) -> int | None:
        """The key exchange's group."""
        return self._conversation.negotiation.group

    @property
    def alpn(self) -> str | None:
        """The application protocol that the server chose."""
        return self._conversation.negotiation.alpn

    @property
    def certificate_requested(self) -> bool:
        """Whether a CertificateRequest was seen so far."""
        return self._conversation.negotiation.is_request_seen

    @property
    def certificate_request(self) -> CertificateRequest | None:
        """The CertificateRequest."""
        return self._conversation.negotiation.certificate_request

    @property
    def client_certificates(self) -> tuple[Certificate, ...] | None:
        """The client's chain, its own certificate first; empty where it was sent empty."""
        return self._conversation.negotiation.client_certificates

    @property
    def server_certificates(self) -> tuple[Certificate, ...] | None:
        """The server's chain."""
        return self._conversation.negotiation.server_certificates

    @property
    def alerts(self) -> tuple[SeenAlert, ...]:
        """The alerts so far, in clear or decrypted."""
        return tuple(self._conversation.alerts)

    @property
    def is_established(self) -> bool:
        """Whether both ends have sent their Finished, and none of them refused."""
        conversation = self._conversation
        return not conversation.is_refused and is_complete(conversation)

    def protection(self, sender: Party) -> RecordProtection | None:
        """Give the protection of the next record of `sender`, so that an alert can be sealed in its name.

        None where it writes in clear, or where its secret is not known.
        """
        conversation = self._conversation
        return current_protection(conversation, conversation.direction(sender))
