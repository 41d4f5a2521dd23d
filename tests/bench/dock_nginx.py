"""nginx that takes a PUT over mutual TLS and hashes nothing: what our server is compared with.

Used by `dock_throughput`. Debian's `nginx-light` has the module for PUT; the client is `curl`.
"""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

START_S = 30.0

_CONFIGURATION = """
daemon off;
user {user};
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_client_certificate {folder}/authority.pem;
        ssl_verify_client on;
        ssl_protocols TLSv1.3;
        location / {{
            root {folder}/content;
            dav_methods PUT;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """One that runs."""

    folder: Path
    port: int

    def put_s(self, file: Path) -> float:
        """Seconds that a PUT of `file` takes, from the start of its client."""
        started_s = time.monotonic()
        subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--upload-file", str(file),
             "--cacert", str(self.folder / "authority.pem"),
             "--cert", str(self.folder / "client.pem"), "--key", str(self.folder / "client.key"),
             f"https://127.0.0.1:{self.port}/clip.mp4"],
            check=True,
        )  # fmt: skip
        took_s = time.monotonic() - started_s
        stored = self.folder / "content" / "clip.mp4"
        assert stored.stat().st_size == file.stat().st_size, "nginx has another file"
        stored.unlink()
        return took_s


@contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    """nginx below `folder` for as long as the block runs. Raises `RuntimeError` when it ends."""
    (folder / "content").mkdir(parents=True)
    _write_certificates(folder)
    made = Nginx(folder, _free_port())
    user = pwd.getpwuid(os.getuid()).pw_name  # Else root's nginx writes as somebody else.
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=made.port, user=user))
    process = subprocess.Popen(["nginx", "-c", str(configuration), "-p", str(folder)])
    try:
        _wait(process, made)
        yield made
    finally:
        process.terminate()
        process.wait(START_S)


def _write_certificates(folder: Path) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    for name, subject in (("server", "127.0.0.1"), ("client", "camera.example")):
        leaf = authority.issue_cert(subject, key_type=trustme.KeyType.ECDSA)
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        for number, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(folder / f"{name}.pem", append=number > 0)


def _wait(process: subprocess.Popen[bytes], made: Nginx) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            said = (made.folder / "error.log").read_text()
            raise RuntimeError(f"nginx ended with {process.returncode}: {said}")
        try:
            socket.create_connection(("127.0.0.1", made.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nginx did not listen within {START_S:g} s")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
