"""Metadata as headers, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.protocol import metadata
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ContainerKey, ObjectKey, canonical
from bwv_device.protocol.metadata import MetaPrefix

text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


@given(text)
def test_a_name_in_any_script_survives_the_wire(value: str) -> None:
    headers = metadata.encode(MetaPrefix.OBJECT, {ObjectKey.NAME: value})
    assert all(header.isascii() for header in headers.values())
    assert metadata.decode(headers.items()) == {"Name": value}


def test_a_space_is_percent_encoded_and_a_plus_stays_a_plus() -> None:
    headers = metadata.encode(MetaPrefix.OBJECT, {ObjectKey.NAME: "a b+c"})
    assert headers == {"X-Object-Meta-Name": "a%20b%2Bc"}
    assert metadata.decode([("X-Object-Meta-Name", "a+b")]) == {"Name": "a+b"}


@pytest.mark.parametrize("key", [*ContainerKey, *ObjectKey])
def test_every_key_gets_its_spelling_back_from_the_wire(key: str) -> None:
    on_the_wire = "-".join(part.capitalize() for part in key.split("-"))
    assert metadata.decode([(f"x-container-meta-{on_the_wire}", "1")]) == {key: "1"}


def test_an_unknown_key_is_kept_in_lower_case() -> None:
    assert metadata.decode([("X-Object-Meta-Mtime", "1.5")]) == {"mtime": "1.5"}
    assert canonical("BWCSERIALNUMBER") == "BWCSerialNumber"


def test_both_prefixes_are_read_and_a_contradiction_is_refused() -> None:
    both = [("X-Object-Meta-Name", "a"), ("X-Container-Meta-Name", "a")]
    assert metadata.decode(both) == {"Name": "a"}
    with pytest.raises(ProtocolError, match="twice"):
        metadata.decode([both[0], ("X-Object-Meta-name", "b")])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a%00b", "U\\+0000"),
        ("a%0D%0AX-Injected:%201", "U\\+000D"),
        ("%E2%80%A8", "U\\+2028"),
        ("%FF", "UTF-8"),
        ("%ED%A0%80", "UTF-8"),
        ("\udcff", "UTF-8"),
        ("x" * 1025, "1024 bytes"),
    ],
)
def test_a_hostile_value_from_the_wire_is_refused(value: str, problem: str) -> None:
    with pytest.raises(ProtocolError, match=problem):
        metadata.decode([("X-Object-Meta-Name", value)])


@pytest.mark.parametrize("key", ["", "a b", "a_b", "é", "k" * 129])
def test_a_hostile_key_is_refused(key: str) -> None:
    with pytest.raises(ProtocolError, match="metadata key"):
        metadata.decode([("X-Object-Meta-" + key, "1")])
    with pytest.raises(ProtocolError, match="metadata key"):
        metadata.encode(MetaPrefix.OBJECT, {key: "1"})


@pytest.mark.parametrize("value", ["a\0b", "a\r\nb", "\x85", "x" * 10_000, "é" * 51, "\ud800"])
def test_a_value_that_may_not_be_sent_is_refused(value: str) -> None:
    with pytest.raises((ProtocolError, UnicodeError)):
        metadata.encode(MetaPrefix.OBJECT, {ObjectKey.NAME: value})


def test_limits_count_bytes_and_name_the_key() -> None:
    metadata.check_value(ObjectKey.NAME, "x" * 100)
    with pytest.raises(ProtocolError, match="Name has 101 bytes, at most 100"):
        metadata.check_value("NAME", "x" * 101)
    with pytest.raises(ProtocolError, match="other has 33 bytes, at most 32"):
        metadata.check_value("Other", "x" * 33)


def test_what_a_plain_swift_store_would_cut_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ProtocolError, match="percent-encoded"):
        metadata.check_value(ObjectKey.NAME, "\U0001f3a5" * 25)
    with pytest.raises(ProtocolError, match="metadata items"):
        metadata.encode(MetaPrefix.OBJECT, {f"k{n}": "" for n in range(91)})
    with pytest.raises(ProtocolError, match="bytes"):
        metadata.encode(MetaPrefix.OBJECT, {"k" * 100 + str(n): "v" * 32 for n in range(40)})


def test_too_much_metadata_from_the_wire_is_refused() -> None:
    with pytest.raises(ProtocolError, match="91 metadata items"):
        metadata.decode((f"X-Object-Meta-K{n}", "v") for n in range(91))
    with pytest.raises(ProtocolError, match="bytes"):
        metadata.decode((f"X-Object-Meta-K{n}", "v" * 1000) for n in range(20))


def test_other_headers_are_left_alone() -> None:
    assert metadata.decode([("X-Auth-Token", "t"), ("Etag", "e")]) == {}
