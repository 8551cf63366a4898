"""Connections as rows of a Parquet file, for those who ask their questions in a data frame."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .task import Ended, Judged

__all__ = ["ParquetOutput", "ParquetRows"]

ROWS = 4096
"""Rows of a group: what is held before it is written."""


_CONNECTION = {
    "started": "moment",
    "seconds": "real",
    "client_address": "text",
    "client_port": "port",
    "client_member": "text",
    "server_address": "text",
    "server_port": "port",
    "server_member": "text",
    "outcome": "text",
    "version": "text",
    "cipher_suite": "text",
    "history": "text",
    "root_cause": "text",
    "findings": "texts",
    "record": "text",
}
"""What one filters by, and the whole record as JSON."""


class ParquetRows:
    """A Parquet file of connections, written a group of rows at a time."""

    def __init__(self, path: Path, own: Mapping[str, str]) -> None:
        """Open the file.

        Args:
            path: where to write.
            own: columns that come before those of every connection, with their kinds: `text`, `number`, `truth`.

        Raises:
            UsageFailure: pyarrow is not installed, or the file cannot be written.
        """
        try:
            import pyarrow as pa  # noqa: PLC0415 (an extra)
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError:
            raise UsageFailure("--parquet needs the extra: pip install 'mirrorprobe[parquet]'") from None
        kinds = {
            "text": pa.string(),
            "texts": pa.list_(pa.string()),
            "number": pa.int64(),
            "port": pa.int32(),
            "real": pa.float64(),
            "truth": pa.bool_(),
            "moment": pa.timestamp("us", tz="UTC"),
        }
        columns = {**own, **_CONNECTION}
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        self._table = pa.Table
        try:
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageFailure(f"--parquet {path}: cannot be written: {reason}") from None
        self._rows: list[dict[str, Any]] = []

    def add(self, own: Mapping[str, Any], record: Mapping[str, Any], text: str) -> None:
        """Keep a row, and write when there are enough.

        Args:
            own: the values of the file's own columns; one that bears the name of a common column replaces it.
            record: of one connection (design section 6).
            text: the whole as JSON.
        """
        self._rows.append({**_row(record, text), **own})
        if len(self._rows) >= ROWS:
            self._write()

    def close(self) -> None:
        """Write the last rows."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


class ParquetOutput:
    """A row for each connection of some captures."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            UsageFailure: pyarrow is not installed, or the file cannot be written.
        """
        self._file = ""
        self._rows = ParquetRows(path, {"file": "text", "first_frame": "number"})

    def begin(self, file: str) -> None:
        """Take note of the name."""
        self._file = file

    def add(self, judged: Judged) -> None:
        """Keep a row."""
        if judged.record is not None:
            own = {"file": self._file, "first_frame": judged.order[1]}
            record = b"{" + judged.record
            self._rows.add(own, json.loads(record), record.decode())

    def end(self, ended: Ended) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Write the last rows."""
        self._rows.close()


def _row(record: Mapping[str, Any], text: str) -> dict[str, Any]:
    tls = record["tls"] or {}
    return {
        "started": int(record["started"] * 1_000_000),
        "seconds": record["ended"] - record["started"],
        **{f"{end}_{name}": record[end][name] for end in ("client", "server") for name in record[end]},
        "outcome": record["outcome"],
        "version": tls.get("version"),
        "cipher_suite": tls.get("cipher_suite"),
        "history": tls.get("history"),
        "root_cause": record["root_cause"],
        "findings": [finding["id"] for finding in record["findings"]],
        "record": text,
    }
