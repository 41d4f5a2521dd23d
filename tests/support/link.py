"""A link between a camera and a server that a test may cut: a relay of bytes, at a pace.

Used by the long test that kills things while they push. What goes over it is not looked at, so TLS
goes over it as well.
"""

import asyncio
import contextlib
import socket
import struct
import threading

_BLOCK = 65_536


class Link:
    """Listens on a free port of this machine from construction to `close`; every connection to it
    is one to `port` of the server."""

    def __init__(self, port: int, bytes_per_s: float) -> None:
        self._server_port = port
        self._pause_s = _BLOCK / bytes_per_s
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._do(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = int(self._listener.sockets[0].getsockname()[1])

    def cut(self) -> int:
        """Reset every connection at once, as a cable that is pulled and put back; how many ends
        there were."""
        return self._do(self._cut())

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    async def _carry(self, reader: asyncio.StreamReader, camera: asyncio.StreamWriter) -> None:
        try:
            back, server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            _reset(camera)  # the server is down: the camera hears that at once
            return
        ends = {camera, server}
        self._ends |= ends
        try:
            await asyncio.gather(self._pass(reader, server), self._pass(back, camera))
        finally:
            self._ends -= ends
            for each in ends:
                each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(_BLOCK):
                writer.write(block)
                await writer.drain()
                if len(block) == _BLOCK:
                    await asyncio.sleep(self._pause_s)
            writer.write_eof()
            return
        _reset(writer)

    async def _cut(self) -> int:
        ends = list(self._ends)
        for each in ends:
            _reset(each)
        return len(ends)

    async def _end(self) -> None:
        self._listener.close()
        await self._cut()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection without a goodbye."""
    made = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
