"""A collector for logs that takes nothing but what OTLP/HTTP allows, and answers as a test says."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs

WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What is said to one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    rejected: int = 0
    message: str = ""
    body: bytes | None = None
    """In place of a true answer."""
    closes: bool = False
    """Whether the connection is closed after it, without a word of that in the headers."""


class Collector:
    """What has come, and what is to be answered."""

    def __init__(self) -> None:
        """Have received nothing, and take everything."""
        self.answers: deque[Answer] = deque()
        """For the next requests; after them everything is taken."""
        self.taken: list[ResourceLogs] = []
        self.headers: list[dict[str, str]] = []
        self.sizes: list[int] = []
        self.problems: list[str] = []
        self.port = 0
        self._changed = threading.Condition()

    @property
    def records(self) -> list[LogRecord]:
        """Every record that was taken."""
        return [record for logs in self.taken for scope in logs.scope_logs for record in scope.log_records]

    @property
    def bodies(self) -> list[str]:
        """Their bodies."""
        return [record.body.string_value for record in self.records]

    def until(self, requests: int = 0, records: int = 0) -> None:
        """Wait until so many requests were answered, and so many records taken."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: len(self.headers) >= requests and len(self.records) >= records, WAIT_SECONDS
            )
        assert came, (len(self.headers), len(self.records), self.problems)

    def receive(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Judge one request."""
        wrong = [
            what
            for what, is_right in (
                ("method", method == "POST"),
                ("path", path == "/v1/logs"),
                ("content type", headers.get("content-type") == "application/x-protobuf"),
                ("encoding", headers.get("content-encoding") == "gzip"),
                ("user agent", headers.get("user-agent", "").startswith("mirrorprobe/")),
            )
            if not is_right
        ]
        request = ExportLogsServiceRequest.FromString(gzip.decompress(body))
        wrong += [] if request.resource_logs else ["an empty request"]
        with self._changed:
            self.problems += wrong
            answer = self.answers.popleft() if self.answers else Answer(400 if wrong else 200)
            if answer.status == 200:
                self.taken += request.resource_logs
            self.headers.append(headers)
            self.sizes.append(sum(len(logs.scope_logs[0].log_records) for logs in request.resource_logs))
            self._changed.notify_all()
        return answer


def value_of(value: AnyValue) -> Any:  # noqa: ANN401 (whatever an attribute can hold)
    """Give an attribute's value as Python has it."""
    if value.WhichOneof("value") == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, value.WhichOneof("value") or "")


@contextmanager
def collecting(
    port: int = 0, context: ssl.SSLContext | None = None, collector: Collector | None = None
) -> Iterator[Collector]:
    """Run a collector while the context lasts."""
    made = collector or Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            answer = made.receive(self.command, self.path, headers, body)
            said = answer.body
            if said is None:
                response = ExportLogsServiceResponse()
                if answer.rejected:
                    response.partial_success.rejected_log_records = answer.rejected
                    response.partial_success.error_message = answer.message
                said = response.SerializeToString()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            self.close_connection = answer.closes

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="collector")
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
