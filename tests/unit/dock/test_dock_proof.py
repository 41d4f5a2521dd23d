"""What proves that a destination holds a clip, and what only looks like it."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from bwv_device.dock.proof import Expected, Verdict, verdict, verdict_on_look
from bwv_device.protocol.digest import md5_hex, repr_digest

BODY = b"the bytes of a clip"
SHA256, MD5 = hashlib.sha256(BODY).hexdigest(), md5_hex(BODY)
OTHER_SHA256, OTHER_MD5 = hashlib.sha256(b"x").hexdigest(), md5_hex(b"x")
EXPECTED = Expected(SHA256, MD5, len(BODY))
SIZE = {"Content-Length": str(len(BODY))}


@pytest.mark.parametrize(
    ("headers", "put", "look"),
    [
        ({}, Verdict.SILENT, Verdict.SILENT),
        (SIZE, Verdict.SILENT, Verdict.SILENT),
        ({"Repr-Digest": repr_digest(SHA256)}, Verdict.SHA256, Verdict.SHA256),
        ({"Repr-Digest": repr_digest(SHA256), **SIZE}, Verdict.SHA256, Verdict.SHA256),
        ({"Repr-Digest": f"md5=:AAAA:, {repr_digest(SHA256)}"}, Verdict.SHA256, Verdict.SHA256),
        ({"Repr-Digest": repr_digest(OTHER_SHA256)}, Verdict.OTHER, Verdict.OTHER),
        ({"Repr-Digest": repr_digest(OTHER_SHA256), "Etag": MD5}, Verdict.OTHER, Verdict.OTHER),
        ({"Repr-Digest": repr_digest(SHA256), "Etag": OTHER_MD5}, Verdict.SHA256, Verdict.SHA256),
        ({"Repr-Digest": "sha-256=nonsense"}, Verdict.SILENT, Verdict.SILENT),
        ({"Repr-Digest": "sha-512=:AAAA:"}, Verdict.SILENT, Verdict.SILENT),
        ({"Etag": MD5}, Verdict.SILENT, Verdict.SILENT),
        ({"Etag": MD5, **SIZE}, Verdict.SILENT, Verdict.MD5),
        ({"Etag": f'"{MD5.upper()}"', **SIZE}, Verdict.SILENT, Verdict.MD5),
        ({"Etag": MD5, "Content-Length": "1"}, Verdict.SILENT, Verdict.OTHER),
        ({"Etag": OTHER_MD5, **SIZE}, Verdict.OTHER, Verdict.OTHER),
        ({"Etag": f"{MD5}-2", **SIZE}, Verdict.SILENT, Verdict.SILENT),
        ({"Etag": SHA256, **SIZE}, Verdict.SILENT, Verdict.SILENT),
        ({"X-Object-Meta-Sha256": SHA256, **SIZE}, Verdict.SILENT, Verdict.SILENT),
        (
            {"Repr-Digest": repr_digest(SHA256), "Content-Length": "1"},
            Verdict.SHA256,
            Verdict.OTHER,
        ),
    ],
)
def test_only_digests_of_the_destination_count(
    headers: dict[str, str], put: Verdict, look: Verdict
) -> None:
    answer = HTTPHeaderDict(headers)
    assert verdict(answer, EXPECTED) is put
    assert verdict_on_look(answer, EXPECTED) is look


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_no_random_header_proves_anything(digest: str, etag: str, size: str) -> None:
    headers = {"Repr-Digest": digest, "Etag": etag, "Content-Length": size}
    assert verdict(headers, EXPECTED).proof is None
    assert verdict_on_look(headers, EXPECTED).proof is None


def test_an_empty_expectation_is_never_met() -> None:
    assert verdict({"Repr-Digest": repr_digest(SHA256)}, Expected("", "", 0)) is Verdict.OTHER
