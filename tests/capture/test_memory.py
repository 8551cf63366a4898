"""Memory that does not grow with the capture."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import re, sys
from pathlib import Path
from analyzers.capture.analysis import Analysis
from tests.benchmarks.recorded import EndlessCapture, Mirror
source = EndlessCapture(Mirror(Path(sys.argv[1])), connections=10, size=int(sys.argv[2]))
analysis = Analysis(source)
sizes = [one.connection.server_application_bytes for one in analysis.connections()]
peak = re.search(r'VmHWM:\\s*(\\d+) kB', Path('/proc/self/status').read_text())[1]
print(int(peak) // 1024, analysis.packets, min(sizes), max(sizes))
"""


def _read(directory: Path, size: int) -> list[int]:
    """Read a capture of `size` bytes, made while it is read; give the peak in MB, and what was found."""
    command = [sys.executable, "-c", READ, str(directory), str(size)]
    return [int(word) for word in subprocess.run(command, capture_output=True, check=True).stdout.split()]


def test_ten_times_the_capture_takes_the_same_memory(tmp_path: Path) -> None:
    """Long connections full of data: a gigabyte takes what a tenth of it takes."""
    small, packets, *_ = _read(tmp_path / "small", 100_000_000)
    large, many, least, most = _read(tmp_path / "large", 1_000_000_000)
    assert many > 9 * packets
    assert least > 80_000_000
    assert most < 2 * least
    assert large < small + 30
    assert large < 250
