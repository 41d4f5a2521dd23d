"""Paths, names and headers that try to get out of the directory or into the page."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Wire

NAMES = [
    "..",
    ".",
    "../escape",
    "..\\escape",
    "a/b",
    "a\0b",
    "a\nb",
    "%2e%2e",
    'quo"te',
    "quo'te",
    "<script>alert(1)</script>",
    "x" * 256,
    "x" * 10_000,
    "🎥",
    ".hidden",
]


def tree(folder: Path) -> set[str]:
    ours = ("catalogue.sqlite", "audit.jsonl")
    return {str(path) for path in folder.rglob("*") if not path.name.startswith(ours)}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_hostile_name_gets_a_clear_400_and_touches_nothing(
    dock: InProcess, tmp_path: Path, name: str
) -> None:
    wire = dock.wire
    wire.open_recording()
    before = tree(tmp_path)
    for container in (name, "Users", "Devices", CONTAINER, "System"):
        target = name if container != name else CLIP
        answer = wire.put(container, target, b"")
        assert answer.status in (400, 404), (container, answer)
        if name.isprintable() and len(name) < 5000:
            assert answer.status == 400 and "name" in answer.text
    for method in ("GET", "HEAD", "POST"):
        assert wire.ask(method, wire.path(CONTAINER, name)).status in (400, 404)
        assert wire.ask(method, f"/media/{CONTAINER}/{quote(name, safe='')}").status in (
            400,
            404,
            405,
        )
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/bwv/../../../etc/passwd",
        "/v1/bwv/Users/../Devices/x",
        "/v1/bwv/Users/%2e%2e/Devices",
        "/v1/bwv/Users/..%2fx",
        "/v1/bwv/Users%2fx/y",
        "/v1/bwv/Users/x%00",
        "/v1/bwv/Users/%ff%fe",
        "/v1/bwv/Users/%zz",
        "/v1/bwv//x",
        "/v1/bwv/Users//x",
        "/v1/bwv/Users/x/",
        "/v1/bwv/Users/x?/../../y=1#z",
        "/v1/bwvx/Users/x",
        "/v1/other/Users/x",
        "/media/../catalogue.sqlite",
        "/media/%2e%2e/catalogue.sqlite",
        "/media/..%2f..%2fcatalogue.sqlite/x",
        "/static/../catalogue.sqlite",
        "/static/%2e%2e%2fcatalogue.sqlite",
        "/static/..%5ccli.py",
    ],
)
def test_a_path_trick_as_it_stands_on_the_wire_reaches_nothing(
    dock: InProcess, tmp_path: Path, path: str
) -> None:
    wire = dock.wire
    wire.open_recording()
    before = tree(tmp_path)
    for method in ("PUT", "GET"):
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {wire.token}\r\n"
        answer = wire.raw(
            (head + "Content-Length: 0\r\nConnection: close\r\n\r\n").encode("latin-1")
        )
        status = int(answer.split()[1])
        made = method == "PUT" and status == 201
        assert made == (method == "PUT" and "x?/../" in path), (status, answer)
        assert b"SQLite format" not in answer and b"root:" not in answer
    assert tree(tmp_path) - before <= {str(tmp_path / "dock" / "content" / "Users" / "x")}


def test_headers_beyond_any_reason_are_refused_and_the_server_lives(wire: Wire) -> None:
    token = {"X-Auth-Token": wire.token}
    for headers in (
        {"X-Object-Meta-Name": "x" * 5_000},
        {"X-Object-Meta-Name": "x" * 100_000},
        {f"X-Object-Meta-K{n}": "v" for n in range(91)},
        {f"X-Object-Meta-K{n}": "v" for n in range(500)},
        {f"X-Object-Meta-K{n}": "v" * 1000 for n in range(60)},
        {"X-Object-Meta-" + "k" * 200: "v"},
    ):
        assert wire.ask("PUT", "/v1/bwv/Users/u1", headers=token | headers).status == 400
    assert wire.get("System", "Capabilities.json").status == 200


def test_a_forged_log_line_stays_inside_its_field(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    import json

    with caplog.at_level("INFO", logger="dock_server.audit"):
        wire.put("Users", "u1", headers={"User-Agent": 'x"} {"status": 200'})
        wire.put("Users", "u2\n")
    lines = [json.loads(record.getMessage()) for record in caplog.records if "audit" in record.name]
    assert lines[0]["agent"] == 'x"} {"status": 200'
    assert all("\n" not in record.getMessage() for record in caplog.records)


HOSTILE = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def test_hostile_metadata_is_only_text_on_the_page(wire: Wire) -> None:
    wire.put("Users", USER, Name=HOSTILE, UserID="<b>1</b>")
    wire.put("Devices", SERIAL, Name=HOSTILE)
    wire.put(CONTAINER, TriggerOn=HOSTILE, StartTime="<i>", Status=HOSTILE, ClipCount="x")
    wire.put(
        CONTAINER,
        CLIP,
        b"clip",
        Frames=HOSTILE,
        DurationS="nan",
        EndReason=HOSTILE,
        FramesDropped="-1",
        PreRecordAskedS="1e999",
        ClipNumber="9" * 30,
        IntegrityProblem=HOSTILE,
    )
    wire.put(
        CONTAINER,
        "bookmark_now_1",
        HOSTILE.encode() + b"\xff",
        CategoryName=HOSTILE,
        Tags=f"{HOSTILE};a:b",
        StartTime="never",
    )
    wire.put(CONTAINER, f"20231114_221320_7CF7_{SERIAL}_gpstrail.json", HOSTILE.encode())
    wire.put(CONTAINER, "page.html", HOSTILE.encode(), headers={"Content-Type": "text/html"})
    for path in ("/", f"/recordings/{CONTAINER}"):
        answer = wire.ask("GET", path)
        assert answer.status == 200, answer.text
        for raw in ("<script", "<img src=x", "<b>1", "<i>", "onerror=alert(1)>"):
            assert raw not in answer.text
        assert "&lt;script&gt;" in answer.text and "{{7*7}}" in answer.text
    media = wire.ask("GET", f"/media/{CONTAINER}/page.html")
    assert media.headers["content-type"] == "application/octet-stream"
    assert media.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "time", ["253402300800", "999999999999", "-99999999999", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_that_no_calendar_has_takes_no_page_down(wire: Wire, time: str) -> None:
    wire.open_recording(StartTime=time, TriggerOnTime=time)
    wire.put(CONTAINER, CLIP, b"clip", StartTime=time, StopTime=time)
    wire.put(CONTAINER, "bookmark_now_1", StartTime=time)
    entry = f'{{"LocationWKT": "POINT(1 2)", "SecondsFromStart": 0, "Timestamp": "{time}"}}'
    track = f'{{"CoordinateEntries": [{entry}]}}'.encode()
    wire.put(CONTAINER, f"20231114_221320_7CF7_{SERIAL}_gpstrail.json", track)
    for path in ("/", f"/recordings/{CONTAINER}"):
        answer = wire.ask("GET", path)
        assert answer.status == 200, answer.text
        assert time in answer.text or "2023-11-14 22:13:20Z" in answer.text


@pytest.mark.parametrize("when", ["99991231T235959Z", "00010101T000000Z"])
def test_a_camera_with_a_mad_clock_hands_its_recording_in(wire: Wire, when: str) -> None:
    wire.register()
    container = f"{USER}_{SERIAL}_{when}"
    assert wire.put(container, Status="Transferring").status == 201
    assert wire.put(container, CLIP, b"clip").status == 201
    assert wire.post(container, Status="Complete", ClipCount="1").status == 204
    assert container in wire.ask("GET", "/").text


def test_rejected_content_is_taken_whatever_its_time(wire: Wire) -> None:
    name = "RejectedContent_UnknownTime_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"
    assert wire.put(name, TriggerOnTime="99999999999").status == 201
    assert wire.put(name, CLIP, b"clip").status == 201
    assert name in wire.ask("GET", "/").text
