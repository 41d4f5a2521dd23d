"""JSON documents of the protocol: read with a size limit and clear errors, written strictly.

Who uses it: the connection file, capabilities, categories and the location track.
"""

import json
from typing import Any

from pydantic import ValidationError

from bwv_device.protocol.errors import ProtocolError


def parse_json(body: bytes | str, what: str, max_bytes: int) -> Any:
    """The JSON value in `body`; raises `ProtocolError` when it is too long or no JSON.

    NaN and Infinity are refused: they are not JSON, though Python reads them.
    """
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if len(raw) > max_bytes:
        raise ProtocolError(f"the {what} has {len(raw)} bytes, at most {max_bytes} are allowed")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the {what} is not valid JSON: {error}") from error


def to_json(value: Any) -> bytes:
    """Strict JSON, one pair a line, UTF-8."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def first_problem(error: ValidationError, what: str) -> ProtocolError:
    """The first thing that pydantic found wrong, named by its attribute."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the document"
    message = problem["msg"].removeprefix("Value error, ")
    return ProtocolError(f"the {what} can't be used: {where}: {message}")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
