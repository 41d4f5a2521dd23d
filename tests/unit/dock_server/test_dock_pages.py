"""The page: what it shows, to whom, and how it sends a clip."""

import html
from dataclasses import replace

import pytest

from bwv_device.dock.describe_account import account_metadata, account_object
from bwv_device.protocol.clip_account import ClipAccount, parse_document
from bwv_device.protocol.track import track_json, track_point
from dock_server.errors import RangeError
from dock_server.gate import is_loopback
from dock_server.ranged import asked_range
from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Wire
from tests.support.accounts import CERTIFICATE, many_gaps
from tests.support.stores import S
from tests.unit.dock.test_dock_describe import CLIP as CLIP_ROW

START_NS = 1_700_000_000_000_000_000
BODY = bytes(range(256)) * 40


def test_an_empty_list_says_how_to_dock_a_camera(dock: InProcess) -> None:
    page = dock.wire.ask("GET", "/").text
    assert "Nothing has been docked yet" in page
    assert str(dock.services.folders.connection_file) in page


def test_the_recording_page_shows_everything_there_is(dock: InProcess) -> None:
    wire = dock.wire
    wire.put("Users", USER, Name="Zoë Müller", UserID="4711")
    wire.put("Devices", SERIAL, Name="Camera 1")
    wire.put(CONTAINER, TriggerOn="Button", StartTime="1699999995", Status="Transferring")
    wire.put(
        CONTAINER,
        CLIP,
        BODY,
        DurationS="11.5",
        Frames="345",
        FramesDropped="2",
        EndReason="button",
        PreRecordAskedS="5",
        PreRecordDeliveredS="4.6",
        PreRecordShortReason="just switched on",
        Sha256=__import__("hashlib").sha256(BODY).hexdigest(),
    )
    wire.put(
        CONTAINER,
        "bookmark_20231114T221324Z_1",
        b"knife seen",
        CategoryName="Use of force",
        Tags="TriggerOn:Button",
        StartTime="2023-11-14T22:13:24Z",
    )
    point = track_point(52.63, 1.29, START_NS, START_NS)
    wire.put(CONTAINER, f"20231114_221320_7CF7_{SERIAL}_gpstrail.json", track_json([point]))
    wire.post(CONTAINER, Status="Complete", ClipCount="1", MissingClips="2,3")
    listed = wire.ask("GET", "/").text
    for text in ("Zoë Müller (4711)", "2023-11-14 22:13:20Z", "11.5 s", "Complete", "Verified"):
        assert text in listed
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    for text in (
        "Camera 1 · BWV-0001",
        "345",
        "4.6 s (5.0 s asked)",
        "just switched on",
        "2 frames were lost",
        "not here: 2,3",
        "knife seen",
        "Use of force",
        "+0:09",
        "52.630000°",
        "ShortReason",
        f'src="/media/{CONTAINER}/{CLIP}"',
        f'href="/media/{CONTAINER}/{CLIP}?download"',
    ):
        assert text in page, text


@pytest.mark.parametrize(
    ("meta", "texts"),
    [
        (
            {"StartTimeBasis": "Synchronised", "StartTimeErrorS": "0.012", "DriftPpm": "-198.7"},
            ["Synchronised, within 0.012 s of UTC", "-198.7 ppm, corrected"],
        ),
        (
            {
                "StartTimeBasis": "Corrected",
                "StartTimeErrorS": "3600.020",
                "ClockCorrectionS": "+3600.000",
                "ClockCorrectionErrorS": "0.020",
            },
            [
                "add +3600.000 s to the times of this clip (within 0.020 s of UTC then)",
                "Corrected by +3600.000 s, within 0.020 s of UTC then",
            ],
        ),
        ({"StartTimeBasis": "Unsynchronised"}, ["not synchronised: nobody knows"]),
        ({"StartTimeBasis": "Synchronised"}, ["by an unknown amount off UTC"]),
        ({"StartTimeBasis": "<b>", "StartTimeErrorS": "NaN", "DriftPpm": "<i>"}, ["&lt;b&gt;"]),
    ],
)
def test_a_clip_shows_what_its_times_are_worth(
    wire: Wire, meta: dict[str, str], texts: list[str]
) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY, **meta)
    page = html.unescape(wire.ask("GET", f"/recordings/{CONTAINER}").text)
    for text in texts:
        assert html.unescape(text) in page, text


def test_the_page_says_what_is_missing_in_a_clip(dock: InProcess) -> None:
    wire = dock.wire
    wire.open_recording()
    account = replace(CLIP_ROW, account=ClipAccount(pictures=many_gaps(40), sound_lost_ns=2 * S))
    document = account_object(replace(account, file=f"clips/x/{CLIP}", certificate=CERTIFICATE))
    assert document is not None
    wire.put(CONTAINER, CLIP, BODY, **account_metadata(replace(account, certificate=CERTIFICATE)))
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    for text in (
        "Frames expected",
        "The camera was lost for 0.4 s",
        "2.00 s have no sound",
        "0.040 s from 3.000 s on, 1 frames missing",
        "73 of 75 expected",
        "silent up to the trigger",
        " more",
    ):
        assert text in page, text
    assert "download the whole account" not in page
    wire.put(CONTAINER, document[0], document[2])
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    href = f"/media/{CONTAINER}/{document[0]}"
    assert f'href="{href}"' in page
    assert parse_document(wire.ask("GET", href).text).account == account.account


def test_a_clip_of_another_maker_claims_no_account(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY, Gaps="<b>~9", GapCount="many", PreRecordSound="?")
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    assert "Stretches without a picture" not in page and "Pre-record sound" not in page
    assert "<b>" not in page


def test_the_newest_recording_is_first_and_the_list_has_pages(wire: Wire) -> None:
    wire.register()
    for second in range(51):
        assert wire.put(f"{USER}_{SERIAL}_20231114T2213{second:02d}Z").status == 201
    first, second_page = (wire.ask("GET", f"/?page={n}").text for n in (1, 2))
    assert first.index("22:13:50Z") < first.index("22:13:01Z") and "22:13:00Z" not in first
    assert "22:13:00Z" in second_page and "Page 2 of 2" in second_page
    assert wire.ask("GET", "/?page=x").status == 200


def test_every_page_forbids_scripts_and_frames(wire: Wire) -> None:
    wire.open_recording()
    for path in ("/", f"/recordings/{CONTAINER}", "/static/page.css", "/recordings/none"):
        policy = wire.ask("GET", path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "script-src" not in policy and "unsafe" not in policy


def test_a_page_under_a_foreign_name_is_refused(wire: Wire) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "192.0.2.1", "[2001:db8::1]:80", ""):
        assert wire.ask("GET", "/", headers={"Host": host}).status == 403, host
    for host in ("localhost:1", "127.0.0.1", "[::1]:9"):
        assert wire.ask("GET", "/", headers={"Host": host}).status == 200, host


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "", "example.com")))


def test_what_is_not_a_recording_has_no_page(wire: Wire) -> None:
    for name in ("Users", "System", CONTAINER, "none"):
        assert wire.ask("GET", f"/recordings/{name}").status == 404
    assert wire.ask("GET", "/static/none.css").status == 404


def test_views_and_downloads_are_in_the_audit_log(dock: InProcess) -> None:
    wire = dock.wire
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY)
    wire.ask("GET", f"/recordings/{CONTAINER}")
    assert dock.wait_for_line(viewed=CONTAINER)["status"] == 200
    wire.ask("GET", f"/media/{CONTAINER}/{CLIP}?download")
    assert dock.wait_for_line(viewed=f"{CONTAINER}/{CLIP}")["download"] is True
    wire.get(CONTAINER, CLIP)
    assert dock.wait_for_line(taken=True)["remote"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        (None, 200, None, BODY),
        ("bytes=0-", 206, "bytes 0-10239/10240", BODY),
        ("bytes=0-0", 206, "bytes 0-0/10240", BODY[:1]),
        ("bytes=100-199", 206, "bytes 100-199/10240", BODY[100:200]),
        ("bytes=-10", 206, "bytes 10230-10239/10240", BODY[-10:]),
        ("bytes=-99999", 206, "bytes 0-10239/10240", BODY),
        ("bytes=10000-99999", 206, "bytes 10000-10239/10240", BODY[10000:]),
        ("bytes=10240-", 416, "bytes */10240", None),
        ("bytes=-0", 416, "bytes */10240", None),
        ("bytes=9-3", 200, None, BODY),
        ("bytes=0-1,4-5", 200, None, BODY),
        ("bytes=x", 200, None, BODY),
        ("pages=1-2", 200, None, BODY),
    ],
)
def test_a_range_over_api_and_page(
    wire: Wire, asked: str | None, status: int, content_range: str | None, body: bytes | None
) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY)
    for path in (wire.path(CONTAINER, CLIP), f"/media/{CONTAINER}/{CLIP}"):
        answer = wire.ask("GET", path, headers={"Range": asked} if asked else None)
        assert answer.status == status
        assert answer.headers.get("content-range") == content_range
        assert answer.headers["accept-ranges"] == "bytes"
        assert body is None or answer.body == body


def test_a_head_has_the_length_and_no_body(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY)
    answer = wire.head(CONTAINER, CLIP)
    assert answer.headers["content-length"] == str(len(BODY)) and answer.body == b""
    assert answer.headers["last-modified"].endswith("GMT")


def test_if_range_and_if_none_match_are_held(wire: Wire) -> None:
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY)
    path = f"/media/{CONTAINER}/{CLIP}"
    tag = wire.ask("GET", path).headers["etag"]
    part = {"Range": "bytes=0-9"}
    assert wire.ask("GET", path, headers={**part, "If-Range": tag}).status == 206
    assert wire.ask("GET", path, headers={**part, "If-Range": '"other"'}).status == 200
    assert wire.ask("GET", path, headers={"If-None-Match": f'"x", {tag}'}).status == 304


def test_an_empty_file_has_no_range() -> None:
    with pytest.raises(RangeError):
        asked_range("bytes=0-", 0)
    assert asked_range(None, 0) is None


def test_a_sealed_clip_is_shown_as_sealed_and_only_downloaded(dock: InProcess) -> None:
    wire = dock.wire
    wire.open_recording()
    key = CLIP.replace(".mp4", ".key")
    wire.put(CONTAINER, key, b"{}", FileType="key", StartTime="1699999995")
    wire.put(CONTAINER, CLIP, BODY, Sealed="True", Frames="345")
    track = f"20231114_221320_7CF7-T1_{SERIAL}_gpstrail.json"
    wire.put(CONTAINER, track, BODY, FileType="json", Sealed="True")
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    assert page.count("Sealed on the camera") == 2 and "<video" not in page
    assert "not intact" not in page and "345" in page
    assert f'href="/media/{CONTAINER}/{key}?download"' in page
    answer = wire.ask("GET", f"/media/{CONTAINER}/{CLIP}")
    assert answer.body == BODY
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "attachment" in answer.headers["content-disposition"]


def test_another_maker_s_clip_with_a_key_file_is_taken_for_sealed(dock: InProcess) -> None:
    wire = dock.wire
    wire.open_recording()
    wire.put(CONTAINER, CLIP, BODY)
    assert "<video" in wire.ask("GET", f"/recordings/{CONTAINER}").text
    wire.put(CONTAINER, CLIP.replace(".mp4", ".key"), b"{}", FileType="key")
    assert "<video" not in wire.ask("GET", f"/recordings/{CONTAINER}").text
