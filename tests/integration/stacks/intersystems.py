"""InterSystems' own client library, which brings its own OpenSSL; there is no server of theirs to install.

It handshakes, then waits for its own protocol. The peer behind the relay does not speak that, so a good connection ends
with what the library says when the other end closes or is silent.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.integration.stacks.stack import DEADLINE_SECONDS

if TYPE_CHECKING:
    from tests.integration.stacks.stack import Files

VERSIONS = {0x0303: 16, 0x0304: 32}

DIAL = """
import sys, iris
try:
    iris.connect(hostname="127.0.0.1", port=int(sys.argv[1]), namespace="USER", username="a", password="b",
                 timeout=2, sslconfig="T", sharedmemory=False)
except Exception as error:
    print(type(error).__name__, " ".join(str(error).split()))
"""


class InterSystems:
    """The client library of `intersystems-irispython`."""

    name = "intersystems"

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:  # noqa: ARG002  it speaks its own protocol
        """Dial once; the library reads its configuration once a process, so each time is a new one."""
        configuration = files.ca.with_name(f"iris-{version}.ini")
        own = "" if files.certificate is None else f"CertFile={files.certificate}\nKeyFile={files.key}\n"
        configuration.write_text(
            f"[T]\nTLSMinVersion={VERSIONS[version]}\nTLSMaxVersion={VERSIONS[version]}\nKeyType=2\nVerifyPeer=1\n"
            "CipherList=ALL:!aNULL:!eNULL:!EXP:!SSLv2\n"
            "Ciphersuites=TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256\n"
            f"CAfile={files.ca}\n{own}"
        )
        done = subprocess.run(
            [sys.executable, "-c", DIAL, str(port)],
            env={**os.environ, "ISC_SSLconfigurations": str(configuration)},
            capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
        )  # fmt: skip
        return tuple((done.stdout + done.stderr).splitlines())
