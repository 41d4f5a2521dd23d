"""Connection file, capabilities, categories, location track and tags."""

import base64
import json

import pytest

from bwv_device.protocol import capabilities, categories, connection, tags, track
from bwv_device.protocol.capabilities import Capability
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import ContainerType

PEM = base64.b64encode(b"-----BEGIN PUBLIC KEY-----\n").decode()
MINIMAL = {
    "ConnectionFileVersion": "1.0",
    "SiteName": "HQ",
    "ApplicationName": "app",
    "ApplicationVersion": "1",
    "AuthenticationTokenURI": ["http://127.0.0.1:8080/auth/v1.0"],
    "BlobAPIKey": "key",
    "BlobAPIUserName": "user",
}


def parsed(**changes: object) -> ConnectionFile:
    return parse_connection_file(json.dumps(MINIMAL | changes))


def test_a_minimal_file_has_the_defaults_of_the_api() -> None:
    file = parsed(BlobAPI="Swift 1.0")
    assert file.container_type is ContainerType.MKV
    assert not file.full_store_and_read_support and not file.want_encryption
    assert file.https_certificate == []


def test_a_file_reads_back_as_it_was_written() -> None:
    file = parsed(ContainerType="mp4", WantEncryption=True, PublicKey=PEM, PublicKeyId="k1")
    assert parse_connection_file(file.to_json()) == file


def test_the_key_is_not_in_the_representation() -> None:
    assert "BlobAPIKey" not in repr(parsed()) and "key='key'" not in repr(parsed())


@pytest.mark.parametrize(
    ("changes", "attribute"),
    [
        ({"SiteName": "x" * 65}, "SiteName"),
        ({"SiteName": "é" * 33}, "SiteName"),
        ({"SiteName": "a\0b"}, "SiteName"),
        ({"SiteName": 7}, "SiteName"),
        ({"ApplicationName": "x" * 257}, "ApplicationName"),
        ({"AuthenticationTokenURI": []}, "AuthenticationTokenURI"),
        ({"AuthenticationTokenURI": ["http://h/a"] * 11}, "AuthenticationTokenURI"),
        ({"AuthenticationTokenURI": ["ftp://h/"]}, "AuthenticationTokenURI.0"),
        ({"AuthenticationTokenURI": ["http://u:p@h/"]}, "AuthenticationTokenURI.0"),
        ({"AuthenticationTokenURI": ["http://h:99999/"]}, "AuthenticationTokenURI.0"),
        ({"AuthenticationTokenURI": ["http://h/" + "x" * 510]}, "AuthenticationTokenURI.0"),
        ({"HTTPSCertificate": ["-----BEGIN"]}, "HTTPSCertificate.0"),
        ({"BlobAPIKey": ""}, "BlobAPIKey"),
        ({"BlobAPIUserName": "u" * 65}, "BlobAPIUserName"),
        ({"ContainerType": "avi"}, "ContainerType"),
        ({"WantEncryption": True}, "PublicKey"),
        ({"WantEncryption": "yes"}, "WantEncryption"),
    ],
)
def test_a_wrong_attribute_is_named(changes: dict[str, object], attribute: str) -> None:
    with pytest.raises(ProtocolError, match=attribute):
        parsed(**changes)


@pytest.mark.parametrize("name", sorted(MINIMAL.keys() - {"ConnectionFileVersion"}))
def test_a_missing_attribute_is_named(name: str) -> None:
    rest = {key: value for key, value in MINIMAL.items() if key != name}
    with pytest.raises(ProtocolError, match=name):
        parse_connection_file(json.dumps(rest))


@pytest.mark.parametrize("body", ["", "[]", "null", "{", b"\xff\xfe{}", "[" * 60_000, '{"a": NaN}'])
def test_what_is_no_json_object_is_refused(body: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_connection_file(body)


def test_a_file_over_the_size_limit_is_refused() -> None:
    with pytest.raises(ProtocolError, match="64000"):
        parsed(Padding="x" * 64_000)


def test_a_later_file_can_not_change_the_type_or_turn_encryption_off() -> None:
    old = parsed(WantEncryption=True, PublicKey=PEM)
    connection.check_succession(parsed(), old)
    with pytest.raises(ProtocolError, match="WantEncryption off"):
        connection.check_succession(old, parsed())
    with pytest.raises(ProtocolError, match="ContainerType"):
        connection.check_succession(parsed(), parsed(ContainerType="mp4"))


def test_only_true_in_its_own_map_is_a_capability() -> None:
    body = json.dumps(
        {
            "Store": {"StoreBookmarks": True, "StoreUserIDKey": "true", "New": True},
            "Read": ["ReadCategories"],
            "StoreAndRead": {"StoreBookmarks": True, "StoreReadSystemID": 1},
        }
    )
    found = capabilities.parse_capabilities(body)
    assert found.supported == {Capability.STORE_BOOKMARKS}
    assert not found.reads_categories
    assert Capability.STORE_BOOKMARKS in capabilities.NO_CAPABILITIES.joined(found)


@pytest.mark.parametrize("body", [b"", b"[]", b"{,}", b"\xff"])
def test_broken_capabilities_are_an_error_that_the_client_can_catch(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        capabilities.parse_capabilities(body)


def test_categories_read_back_and_a_trailing_comma_is_refused() -> None:
    body = categories.categories_json(categories.DEFAULT_CATEGORIES)
    assert categories.parse_categories(body) == categories.DEFAULT_CATEGORIES
    with pytest.raises(ProtocolError, match="valid JSON"):
        categories.parse_categories('[{"Name": "a", "Id": "1"},]')


@pytest.mark.parametrize(
    "entry",
    [
        {"Name": "a"},
        {"Name": "", "Id": "1"},
        {"Name": "a\0", "Id": "1"},
        {"Name": "x" * 10_000, "Id": "1"},
    ],
)
def test_a_hostile_category_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(ProtocolError):
        categories.parse_categories(json.dumps([entry]))


def test_two_categories_with_one_id_are_refused() -> None:
    with pytest.raises(ProtocolError, match="two categories"):
        categories.parse_categories('[{"Name": "a", "Id": "1"}, {"Name": "b", "Id": "1"}]')


START_NS = 1_700_000_000_000_000_000


def test_a_track_has_longitude_first_and_is_read_in_order_of_time() -> None:
    late = track.track_point(51.5, -0.12, START_NS + 2_500_000_000, START_NS)
    early = track.track_point(51.4, -0.11, START_NS, START_NS)
    body = track.track_json([late, early])
    assert b'"POINT(-0.1200000 51.5000000)"' in body
    assert track.parse_track(body) == (early, late)
    shuffled = json.loads(body)
    shuffled["CoordinateEntries"].reverse()
    assert track.parse_track(json.dumps(shuffled)) == (early, late)


@pytest.mark.parametrize(
    "place", ["POINT(1)", "POINT(51.5 -91)", "POINT(181 0)", "POINT(nan 0)", ""]
)
def test_a_place_that_is_not_on_earth_is_refused(place: str) -> None:
    entry = {"LocationWKT": place, "SecondsFromStart": 0, "Timestamp": "2023-11-14T22:13:20Z"}
    with pytest.raises(ProtocolError):
        track.parse_track(json.dumps({"CoordinateEntries": [entry]}))


def test_the_longest_location_fits_its_key() -> None:
    text = track.location_text(-89.1234567, -179.1234567, 1e12, 10**20)
    assert len(text) <= 64
    with pytest.raises(ProtocolError):
        track.location_text(float("nan"), 0.0, 1.0, 0)


def test_tags_read_back_and_a_separator_in_one_is_refused() -> None:
    pairs = {"TriggerOn": "Button", "Link": "a:b"}
    assert tags.parse_tags(tags.tags_text(pairs)) == pairs
    assert tags.parse_tags("alone;;k:v") == {"alone": "", "k": "v"}
    for bad in ({"a;b": "c"}, {"a": "b;c"}, {"a:b": "c"}, {"": "c"}):
        with pytest.raises(ProtocolError):
            tags.tags_text(bad)
