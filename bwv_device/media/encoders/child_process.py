"""A child process with a pipe in and a pipe out, driven from one thread, never for ever.

Who uses it: the encoder that is a program. Reading goes on while writing waits, so neither side
can hold up the other.
"""

import contextlib
import os
import select
import subprocess
import tempfile
from collections.abc import Sequence

from bwv_device.media.errors import EncoderError

_CHUNK_BYTES = 1 << 20
_PATIENCE_MS = 3_000
"""A child that neither takes nor gives a byte for so long has failed. The start of ffmpeg 5.1
took 0.1 s on a desktop."""
_ENDING_S = 3.0


class ChildProcess:
    """Bytes in, bytes out; one thread uses it."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises `EncoderError` when the program can't be started."""
        self._name = command[0]
        # A file, not a pipe: nobody would read it, and a full one would stop the child.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
            )
        except OSError as error:
            self._errors.close()
            raise EncoderError(f"{self._name} can't be started: {error}") from error
        assert self._child.stdin is not None and self._child.stdout is not None
        self._in, self._out = self._child.stdin, self._child.stdout
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)
        self._closed = False

    def exchange(self, data: bytes | bytearray) -> bytes:
        """Write all of `data`; what came out meanwhile. Raises `EncoderError`."""
        if self._closed:
            raise EncoderError(f"{self._name} is closed")
        left, came = memoryview(data), bytearray()
        while left:
            self._wait_for(self._in.fileno(), select.POLLOUT, came)
            left = left[self._write(left) :]
        return bytes(came + self._read_ready())

    def wait_for_output(self) -> bytes:
        """At least a byte. Raises `EncoderError` when none comes."""
        came = bytearray()
        self._wait_for(-1, 0, came)
        if not came:
            raise self._failure("ended too early")
        return bytes(came)

    def finish(self) -> bytes:
        """Close its input; what comes out until its end. Raises `EncoderError`."""
        came = bytearray()
        with contextlib.suppress(BrokenPipeError):
            self._in.close()
        while self._wait_for(-1, 0, came):
            continue
        try:
            code = self._child.wait(_ENDING_S)
        except subprocess.TimeoutExpired as error:
            raise self._failure("does not end") from error
        if code != 0:
            raise self._failure(f"ended with {code}")
        return bytes(came)

    def close(self) -> None:
        """End the child, whatever it does; fine the second time."""
        if self._closed:
            return
        self._closed = True
        self._child.kill()
        for pipe in (self._in, self._out, self._errors):
            # Closing the pipe of a dead child may fail, and there is nobody left to tell.
            with contextlib.suppress(OSError):
                pipe.close()
        self._child.wait()

    def _wait_for(self, writable: int, events: int, came: bytearray) -> bool:
        """Until `writable` takes bytes, or, without it, until output came; False at its end."""
        while True:
            poll = select.poll()
            poll.register(self._out.fileno(), select.POLLIN)
            if writable >= 0:
                poll.register(writable, events)
            ready = dict(poll.poll(_PATIENCE_MS))
            if not ready:
                raise self._failure(f"has not moved for {_PATIENCE_MS / 1000:g} s")
            if self._out.fileno() in ready:
                chunk = self._out.read(_CHUNK_BYTES)
                came += chunk or b""
                if writable < 0:
                    return bool(chunk)
                if chunk == b"":
                    raise self._failure("ended too early")
            if writable in ready:
                return True

    def _write(self, data: memoryview) -> int:
        try:
            return self._in.write(data) or 0
        except OSError as error:
            raise self._failure(f"takes no picture ({error.strerror})") from error

    def _read_ready(self) -> bytes:
        return self._out.read(_CHUNK_BYTES) or b""

    def _failure(self, what: str) -> EncoderError:
        self._errors.seek(0)
        said = self._errors.read(2_000).decode(errors="replace").strip()
        return EncoderError(f"{self._name} {what}: {said or 'it said nothing'}")
