"""A real OpenStack Swift for long tests, started by a script that stands outside this repository.

The script's folder is named by BWV_SWIFT_DIR; it has `up PORT`, which prints NAME=value lines,
and `down DIR`.
"""

import base64
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import swiftclient

from bwv_device.protocol.connection import ConnectionFile

ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = ROOT.parent / "shared" / "swift"


@dataclass(frozen=True)
class RealSwift:
    """One that runs."""

    auth_url: str
    user: str
    key: str
    ca_file: str

    def connection(self) -> ConnectionFile:
        """What a camera is given: everything is supported, as on any plain Swift."""
        pem = [Path(self.ca_file).read_bytes()] if self.ca_file else []
        return ConnectionFile.model_validate(
            {
                "SiteName": "OpenStack Swift",
                "ApplicationName": "Swift",
                "ApplicationVersion": "2",
                "AuthenticationTokenURI": [self.auth_url],
                "HTTPSCertificate": [base64.b64encode(text).decode() for text in pem],
                "BlobAPIUserName": self.user,
                "BlobAPIKey": self.key,
                "ContainerType": "mp4",
                "FullStoreAndReadSupport": True,
            }
        )

    def client(self) -> swiftclient.Connection:
        """A client that we did not write."""
        return swiftclient.Connection(
            authurl=self.auth_url,
            user=self.user,
            key=self.key,
            auth_version="1",
            cacert=self.ca_file or None,
        )


@contextmanager
def real_swift(port: int, environment: Mapping[str, str]) -> Iterator[RealSwift]:
    """Ports `port` to `port` + 4 on the loopback. Raises `FileNotFoundError` without the script."""
    folder = Path(os.environ.get("BWV_SWIFT_DIR", DEFAULT_FOLDER)).resolve()
    if not (folder / "up").is_file():
        raise FileNotFoundError(f"no script `up` in {folder}: set BWV_SWIFT_DIR to its folder")
    said = subprocess.run(
        [folder / "up", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    values = dict(_pair(line) for line in said.splitlines() if "=" in line)
    try:
        yield RealSwift(
            values["AUTH_URL"], values["SWIFT_USER"], values["SWIFT_KEY"], values["CA_FILE"]
        )
    finally:
        subprocess.run([folder / "down", values["DIR"]], stdout=subprocess.DEVNULL, check=True)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name, " ".join(shlex.split(value))
