"""Whose body a request brings, for the line: the camera, as the container's name says.

Who uses it: `receive` and the upload handlers. Cameras behind one address are told apart by it.
"""

from aiohttp import web

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import parse_recording_container


def whose(request: web.Request, container: str) -> str:
    """The camera's serial number; the client's address where the name has none."""
    try:
        return parse_recording_container(container).serial
    except ProtocolError:
        return request.remote or ""
