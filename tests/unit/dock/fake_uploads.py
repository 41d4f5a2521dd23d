"""Uploads that may be resumed at the fake destination: in memory, and as good as a test wants.

They are off until `limit` is set, as at a destination that does not know them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Proof = Callable[..., dict[str, str]]


@dataclass
class FakeUpload:
    """One that was begun."""

    target: str
    length: int
    headers: dict[str, str]
    """Of its creation, in lower case."""
    body: bytes = b""
    complete: bool = False

    @property
    def meta(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.startswith("x-object-meta-")}


@dataclass
class FakeUploads:
    """Those of one destination, by their path below the storage address."""

    storage: str
    limit: str = ""
    """As in `Upload-Limit`; empty: there are none."""
    begun: dict[str, FakeUpload] = field(default_factory=dict)
    received: list[int] = field(default_factory=list)
    """Bytes of each body that was taken, torn ones included."""
    location: str | None = None
    """Said instead of the right one."""

    def begin(self, target: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        path = f"uploads/{len(self.begun)}"
        lower = {name.lower(): value for name, value in headers.items()}
        self.begun[path] = FakeUpload(target, int(lower["upload-length"]), lower)
        where = self.location if self.location is not None else f"{self.storage}/{path}"
        return 201, {"Location": where, "Upload-Complete": "?0", "Upload-Offset": "0"}, b""

    def look(self, path: str, proof: Proof) -> tuple[int, dict[str, str]]:
        upload = self.begun.get(path)
        if upload is None:
            return 404, {}
        proved = proof(upload.body, looked=False) if upload.complete else {}
        return 204, {
            "Upload-Offset": str(len(upload.body)),
            "Upload-Complete": "?1" if upload.complete else "?0",
            **proved,
        }

    def take(
        self, path: str, headers: Mapping[str, str], body: bytes, *, torn: bool = False
    ) -> tuple[int, dict[str, str], FakeUpload | None]:
        """An append; the upload too when it is complete with it."""
        upload = self.begun.get(path)
        if upload is None:
            return 404, {"Upload-Complete": "?0"}, None
        if int(headers["Upload-Offset"]) != len(upload.body):
            offset = str(len(upload.body))
            return 409, {"Upload-Complete": "?0", "Upload-Offset": offset}, None
        upload.body += body
        self.received.append(len(body))
        if torn or headers["Upload-Complete"] == "?0":
            return 204, {"Upload-Complete": "?0"}, None
        assert len(upload.body) == upload.length
        upload.complete = True
        return 201, {"Upload-Complete": "?1"}, upload

    def cancel(self, path: str) -> int:
        return 404 if self.begun.pop(path, None) is None else 204
