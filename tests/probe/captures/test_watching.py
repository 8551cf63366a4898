"""`pcap --watch` on a compressed file: followed as far as its writer lets go of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable

FAILING = Path(__file__).parents[3] / "pcaps" / "client-expired-tls12.pcap"


def in_gzip(first: bytes, second: bytes) -> tuple[bytes, bytes, bytes]:
    """Compress as gzip does that is flushed between the parts; give what is written at each moment, and at the end."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in (first, second)]
    return parts[0], parts[1], packer.flush()


def in_zstd(first: bytes, second: bytes) -> tuple[bytes, bytes, bytes]:
    """Do the same as zstd does."""
    packer = zstandard.ZstdCompressor().compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    parts = [packer.compress(part) + packer.flush(flush) for part in (first, second)]
    return parts[0], parts[1], packer.flush()


@pytest.mark.parametrize("is_finished", [True, False])
@pytest.mark.parametrize("pack", [in_gzip, in_zstd])
def test_compressed_file_that_grows(
    tmp_path: Path, pack: Callable[[bytes, bytes], tuple[bytes, bytes, bytes]], *, is_finished: bool
) -> None:
    """A connection is reported when it is there; whoever stops before the file is finished is told that it is not."""
    packets = FAILING.read_bytes()
    begun, more, end = pack(packets[:300], packets[300:])
    growing = tmp_path / "growing.pcap.packed"
    growing.write_bytes(begun)
    command = [sys.executable, "-m", "probe", "pcap", str(growing), "--watch", "--jsonl"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as watching:
        assert watching.stdout is not None
        with growing.open("ab") as file:
            file.write(more + (end if is_finished else b""))
        line = json.loads(watching.stdout.readline())
        watching.send_signal(signal.SIGINT)
        rest, complaints = watching.communicate(timeout=20)
    assert (line["root_cause"], rest, watching.returncode) == ("certificate-expired", b"", 1)
    assert (b"file ends before its content does" in complaints) is not is_finished
