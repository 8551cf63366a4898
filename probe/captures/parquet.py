"""Connections as rows of a Parquet file, for those who ask their questions in a data frame."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

    from .task import Ended, Judged

__all__ = ["ParquetOutput"]

ROWS = 4096
"""Rows of a group: what is held before it is written."""


class ParquetOutput:
    """A row for each connection: what one filters by as columns, and the whole record as JSON."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            UsageFailure: pyarrow is not installed.
        """
        try:
            import pyarrow as pa  # noqa: PLC0415 (an extra)
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError:
            raise UsageFailure("--parquet needs the extra: pip install 'mirrorprobe[parquet]'") from None
        text, number = pa.string(), pa.int64()
        self._schema = pa.schema(
            [
                ("file", text),
                ("first_frame", number),
                ("started", pa.timestamp("us", tz="UTC")),
                ("seconds", pa.float64()),
                ("client_address", text),
                ("client_port", pa.int32()),
                ("client_member", text),
                ("server_address", text),
                ("server_port", pa.int32()),
                ("server_member", text),
                ("outcome", text),
                ("version", text),
                ("cipher_suite", text),
                ("history", text),
                ("root_cause", text),
                ("findings", pa.list_(text)),
                ("record", text),
            ]
        )
        self._table = pa.Table
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._file = ""

    def begin(self, file: str) -> None:
        """Take note of the name."""
        self._file = file

    def add(self, judged: Judged) -> None:
        """Keep a row, and write when there are enough."""
        if judged.record is None:
            return
        self._rows.append(_row(self._file, judged.order[1], judged.record))
        if len(self._rows) >= ROWS:
            self._write()

    def end(self, ended: Ended) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Write the last rows."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


def _row(file: str, first_frame: int, text: str) -> dict[str, Any]:
    record = json.loads(text)
    tls = record["tls"] or {}
    return {
        "file": file,
        "first_frame": first_frame,
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
