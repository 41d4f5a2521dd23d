"""The attacks: what is sent, and the statuses with which the server has to refuse it.

Used by the tests and the long test of hostile input, through `judge`. `Connection: close` stands in
most of them, so that the end of the answers is the end of the connection.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bwv_device.protocol.digest import repr_digest
from bwv_device.protocol.names import manifest_object
from tests.destination.hostile.appends import SPOILED, spoil
from tests.destination.hostile.arena import CLIP, CONTAINER, DONE, DONE_CLIP, OTHER_CLIP, Arena
from tests.destination.hostile.sending import (
    HUNG_UP,
    drip,
    flood,
    head,
    put,
    say,
    say_and_leave,
    say_the_end,
)

Send = Callable[[Arena], list[int]]
"""Makes the attack; the statuses of all answers, in their order."""

BODY = b"clip" * 10_000
OTHER = hashlib.sha256(b"other").hexdigest()
CLOSE = {"Connection": "close"}


@dataclass(frozen=True)
class Attack:
    """One way to do harm. `kind` is the row in which it is counted."""

    kind: str
    name: str
    send: Send
    refused: frozenset[int]
    """Each answer is one of these. Empty: nobody reads the answer, the log alone tells."""
    told: str
    """What a line in one of the server's logs has behind it."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def _status(status: int) -> str:
    """How the audit log has it."""
    return f'"status": {status}'


def _attack(kind: str, name: str, send: Send, *refused: int, told: str = "") -> Attack:
    return Attack(kind, name, send, frozenset(refused), told or _status(refused[0]))


def _object(headers: Mapping[str, str], body: bytes = BODY, name: str = CLIP) -> Send:
    """A PUT of a clip with its true length."""
    length = {"Content-Length": str(len(body))}
    return lambda arena: say(arena, put(arena, CONTAINER, name, CLOSE | length | headers), body)


def _digests() -> Iterator[Attack]:
    cases = {
        "ETag": {"ETag": hashlib.md5(b"other").hexdigest()},
        "Repr-Digest": {"Repr-Digest": repr_digest(OTHER)},
        "Sha256 in the metadata": {"X-Object-Meta-Sha256": OTHER},
    }
    for name, headers in cases.items():
        yield _attack("wrong digest", name, _object(headers), 422)
    for name, headers in {
        "Repr-Digest of no base64": {"Repr-Digest": "sha-256=:%%%:"},
        "Repr-Digest of another length": {"Repr-Digest": "sha-256=:YWJj:"},
        "ETag that is no MD5": {"ETag": "W/x"},
    }.items():
        yield _attack("wrong digest", name, _object(headers), 400)


def _truncated() -> Iterator[Attack]:
    length = {"Content-Length": str(len(BODY))}
    chunked = {"Transfer-Encoding": "chunked"}
    for sent in (0, 1, 20_000, len(BODY) - 1):
        said = partial(_cut, length, BODY[:sent])
        yield _attack("truncated body", f"{sent} bytes", said, told=_status(499))
    for part in (b"", b"5\r\nabcde\r\n", b"ff\r\nabc", b"5\r\nabcde\r\n0\r\n"):
        said = partial(_cut, chunked, part)
        yield _attack("truncated body", f"in chunks, {part!r}", said, told=_status(499))
    yield _attack("truncated body", "reset", partial(_cut, length, BODY[:9], reset=True),
                  told=_status(499))  # fmt: skip
    yield _attack("truncated body", "and the end is said",
                  lambda arena: say_the_end(arena, put(arena, CONTAINER, CLIP, length), BODY[:9]),
                  HUNG_UP, 400, 499, told=_status(499))  # fmt: skip


def _cut(
    headers: Mapping[str, str], body: bytes, arena: Arena, *, reset: bool = False
) -> list[int]:
    return say_and_leave(arena, put(arena, CONTAINER, CLIP, headers), body, reset=reset)


def _longer() -> Iterator[Attack]:
    kind = "body longer than declared"
    digest = {"Repr-Digest": repr_digest(hashlib.sha256(BODY).hexdigest())}
    for name, headers, start in (
        ("by its length", {"Content-Length": "4"}, b""),
        ("in chunks", {"Transfer-Encoding": "chunked"}, b"4\r\nclip\r\n0\r\n\r\n"),
    ):
        # What is too much is the next request, and none. When it comes along with the first, the
        # answer may be about either.
        said = _raw(headers | digest, start + BODY)
        yield _attack(kind, name, said, HUNG_UP, 400, 422, told="answered 4")
    for name, headers in {
        "length and chunks": {"Content-Length": "4", "Transfer-Encoding": "chunked"},
        "two lengths": {"Content-Length": "4", "content-length": "5"},
        "a negative length": {"Content-Length": "-1"},
        "a length that is no number": {"Content-Length": "4x"},
        "a length of a hundred digits": {"Content-Length": "9" * 100},
    }.items():
        yield _attack(kind, name, _raw(headers, BODY), HUNG_UP, 400, told="answered 400")
    for part in (
        b"zz\r\nabc\r\n",
        b"-1\r\nabc",
        b"f" * 40 + b"\r\nabc",
        b"3\r\nabcdef\r\n0\r\n\r\n",
    ):
        said = _raw({"Transfer-Encoding": "chunked"}, part)
        # Is it behind the head, aiohttp tells the handler nothing, and that waits in vain; does it
        # come along with the head, the head is lost as well.
        wrong = f"a chunk of {part[:8]!r}"
        yield _attack(kind, wrong, said, HUNG_UP, 400, 408, told="answered 4")


def _raw(headers: Mapping[str, str], body: bytes) -> Send:
    return lambda arena: say(arena, put(arena, CONTAINER, CLIP, headers), body)


def _paths() -> Iterator[Attack]:
    for name in (
        "..", "../escape", "..%2fescape", "%2e%2e", "..%5cescape", "a%00b", "a%0ab", ".hidden",
        "x" * 256, "%ff%fe", "%zz", "a/b", "a%2fb", "%3Cscript%3E", "%F0%9F%8E%A5", "con:",
    ):  # fmt: skip
        for target in (f"/v1/bwv/{CONTAINER}/{name}", f"/v1/bwv/{name}/{CLIP}", f"/v1/bwv/{name}"):
            yield _attack("path trick", f"PUT {target[-40:]}", partial(_path, target), 400, 404,
                          told='"status": 40')  # fmt: skip
    for target in (
        "/v1/bwv/../../../etc/passwd",
        f"/v1/bwv/Users/../Devices/{CLIP}",
        "/v1/bwv//x",
        "/v1/other/Users/x",
        "/media/%2e%2e/catalogue.sqlite",
        "http://elsewhere/v1/bwv/..%2f/x",
    ):
        yield _attack("path trick", f"PUT {target}", partial(_path, target), 400, 404, 405,
                      told='"status": 40')  # fmt: skip


def _path(target: str, arena: Arena) -> list[int]:
    return say(arena, head(arena, "PUT", target, CLOSE | {"Content-Length": "4"}), b"clip")


def _floods() -> Iterator[Attack]:
    kind = "header flood"
    for name, headers in {
        "91 items of metadata": {f"X-Object-Meta-K{n}": "v" for n in range(91)},
        "60 items of a kilobyte": {f"X-Object-Meta-K{n}": "v" * 1000 for n in range(60)},
        "a value of 5 kB": {"X-Object-Meta-Name": "x" * 5000},
        "a key of 200 bytes": {"X-Object-Meta-" + "k" * 200: "v"},
        "one key twice": {"X-Object-Meta-Name": "a", "X-Container-Meta-name": "b"},
        "a control character": {"X-Object-Meta-Name": "%00"},
    }.items():
        yield _attack(kind, name, _object(headers), 400)
    for name, headers in {
        "2000 headers": {f"X-K{n}": "v" for n in range(2000)},
        "a value of 100 kB": {"X-Object-Meta-Name": "x" * 100_000},
        "a name of 100 kB": {"X-" + "k" * 100_000: "v"},
        "a name with a space": {"X Y": "v"},
        "a name with a NUL": {"X\0Y": "v"},
    }.items():
        yield _attack(kind, name, _object(headers), HUNG_UP, 400, told="answered 400")
    # Found by fuzzing: aiohttp repeats what it refuses to expect, and failed at what is no text.
    for expected, told in (
        ("nonsense", "asked nothing that was understood"),
        ("\xff\xfe", "answered 417"),
    ):
        wrong = _object({"Expect": expected})
        yield _attack(kind, f"Expect: {expected!a}", wrong, HUNG_UP, 417, told=told)
    yield _attack(
        kind, "headers without an end", lambda arena: flood(
        arena, b"PUT /v1/bwv HTTP/1.1\r\n", b"X-A: b\r\n" * 1000, 50_000_000),
        HUNG_UP, 400, told="answered 400")  # fmt: skip
    yield _attack(kind, "a line without an end", lambda arena: flood(
        arena, b"PUT /v1/bwv/", b"a" * 65_536, 50_000_000),
        HUNG_UP, 400, told="answered 400")  # fmt: skip
    for name, said in {
        "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "HTTP/9.9": b"GET / HTTP/9.9\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    }.items():
        yield _attack(kind, name, partial(_bytes, said), HUNG_UP, 400, told="answered 400")


def _bytes(said: bytes, arena: Arena) -> list[int]:
    return say(arena, said)


def _slow() -> Iterator[Attack]:
    kind = "slow sender"
    length = {"Content-Length": str(len(BODY))}
    hung = "asked nothing that was understood"
    yield _attack(kind, "nothing at all", lambda arena: say(arena), HUNG_UP, told=hung)
    yield _attack(
        kind,
        "a head by the byte",
        lambda arena: drip(arena, b"PUT /v1/bwv/Users/x HTTP/1.1\r\nX-A: ", b"b", 0.1),
        HUNG_UP,
        told=hung,
    )
    yield _attack(
        kind,
        "a body by the byte",
        lambda arena: drip(arena, put(arena, CONTAINER, CLIP, length), b"b", 0.1),
        408,
    )
    yield _attack(
        kind,
        "a body that pauses",
        lambda arena: say(arena, put(arena, CONTAINER, CLIP, length), BODY[:9]),
        408,
    )
    yield _attack(
        kind,
        "a body that stops within a chunk",
        lambda arena: say(
            arena, put(arena, CONTAINER, CLIP, {"Transfer-Encoding": "chunked"}), b"ff\r\nabc"
        ),
        408,
    )


def _rights() -> Iterator[Attack]:
    kind = "no right to"
    for name, token in {"no token": "", "a made-up token": "AUTH_tk" + "0" * 48}.items():
        yield _attack(kind, name, partial(_with_token, token), 401)
    for method in ("DELETE", "COPY", "MOVE", "TRACE"):
        refused = 403 if method == "DELETE" else 405
        yield _attack(kind, f"{method} of a clip", partial(_method, method), refused)
    yield _attack(
        kind,
        "add to what is complete",
        lambda arena: say(arena, put(arena, DONE, CLIP, CLOSE | {"Content-Length": "4"}), b"clip"),
        409,
    )
    yield _attack(kind, "write over a clip", _object({}, b"other", OTHER_CLIP), 409)
    yield _attack(
        kind,
        "write over a clip of what is complete",
        lambda arena: say(
            arena, put(arena, DONE, DONE_CLIP, CLOSE | {"Content-Length": "4"}), b"clip"
        ),
        409,
    )
    yield _attack(
        kind,
        "change metadata of what is complete",
        lambda arena: say(
            arena,
            head(
                arena,
                "POST",
                arena.wire.path(DONE),
                CLOSE | {"X-Container-Meta-Triggeron": "Button", "Content-Length": "0"},
            ),
        ),
        409,
    )
    yield _attack(kind, "write the server's own document", lambda arena: say(
        arena, put(arena, "System", "Capabilities.json", CLOSE | {"Content-Length": "2"}), b"{}"),
        403)  # fmt: skip
    yield _attack(
        kind,
        "a recording of a camera that nobody knows",
        lambda arena: say(
            arena,
            head(
                arena, "PUT", "/v1/bwv/u1_GHOST-1_20231114T221320Z", CLOSE | {"Content-Length": "0"}
            ),
        ),
        400,
    )


def _with_token(token: str, arena: Arena) -> list[int]:
    said = {**CLOSE, "Content-Length": "4"} | ({"X-Auth-Token": token} if token else {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    target = arena.wire.path(CONTAINER, CLIP)
    return say(arena, f"PUT {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\nclip".encode())


def _method(method: str, arena: Arena) -> list[int]:
    target = arena.wire.path(CONTAINER, OTHER_CLIP)
    return say(arena, head(arena, method, target, CLOSE | {"Content-Length": "0"}))


def _too_large() -> Iterator[Attack]:
    declared = CLOSE | {"Content-Length": str(10_000_000_000), "Expect": "100-continue"}
    yield _attack(
        "10 GB declared",
        "on a disk with room",
        lambda arena: say(arena, put(arena, CONTAINER, CLIP, declared)),
        413,
    )


def _appends() -> Iterator[Attack]:
    for name, (_, status) in SPOILED.items():
        yield _attack("append", name, partial(spoil, name), status)
    declared = {"Upload-Complete": "?0", "Upload-Length": str(10_000_000_000)}
    yield _attack("10 GB declared", "for an upload", _object(declared, b""), 413)


def _manifests() -> Iterator[Attack]:
    for said in (b'{"Version": 1, "Nonsense": true}', b"[]", b"null", b"{", b"", b"\xff" * 100):
        name = manifest_object(CLIP)
        yield _attack("nonsense manifest", f"{said[:20]!r}", _object({}, said, name), 400)
    for payload in (b'"nonsense"', b"{}"):
        text = json.dumps({"payload": payload.hex(), "protected": "e30", "signature": "AAAA"})
        wrong = _object({}, text.encode(), manifest_object(CLIP))
        yield _attack("nonsense manifest", f"with {payload!r} and a made-up signature", wrong, 400)


ATTACKS: tuple[Attack, ...] = (
    *_manifests(),
    *_appends(),
    *_digests(),
    *_truncated(),
    *_longer(),
    *_paths(),
    *_floods(),
    *_slow(),
    *_rights(),
    *_too_large(),
)
