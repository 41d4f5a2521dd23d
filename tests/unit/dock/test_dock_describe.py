"""The journal's facts as metadata: always within the limits, whatever they hold."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock import describe
from bwv_device.dock.fitted import fitted
from bwv_device.evidence.records import Clip, ClipState, EndReason, Recording, TrackPoint
from bwv_device.evidence.utc import ClockCorrection
from bwv_device.protocol.keys import ContainerKey, ObjectKey
from bwv_device.protocol.metadata import MetaPrefix, check_value, encode
from bwv_device.protocol.times import seconds, seconds_up
from bwv_device.protocol.track import parse_track

S, MS = 1_000_000_000, 1_000_000
ANY_TEXT = st.text(st.characters(), max_size=300)  # lone surrogates and controls included
RECORDING = Recording(
    id=1,
    container="0b9f_BWV-1_20261123T202100Z",
    short_id="7CF7",
    user_id="0b9f",
    user_name="PC",
    serial="BWV-1",
    model="Model",
    firmware_version="0.1",
    trigger_on="DoublePress",
    trigger_on_utc_ns=1000 * S,
    trigger_off="LongPress",
    trigger_off_utc_ns=1060 * S,
    pre_record_asked_ns=30 * S,
    time_zone="UTC",
    completed_utc_ns=None,
)
CLIP = Clip(
    id=1,
    recording_id=1,
    number=1,
    file="clips/x/y.mp4",
    state=ClipState.FINALISED,
    start_utc_ns=980 * S,
    pre_record_delivered_ns=20 * S,
    pre_record_short_reason=None,
    frame_ns=33_333_333,
    end_reason=EndReason.SPLIT,
    duration_ns=40 * S + 999_999_999,
    frames=1230,
    frames_dropped=2,
    bytes=10,
    sha256="ab" * 32,
    md5="cd" * 16,
    destination=None,
    problem=None,
)
IDENTITY = describe.Identity("BWV-1", "Model", "0b9f", "PC", dock_serial="DOCK-9")


@settings(deadline=None)
@given(key=st.sampled_from([*ContainerKey, *ObjectKey]), value=ANY_TEXT)
def test_any_text_can_be_made_to_fit(key: str, value: str) -> None:
    check_value(key, fitted(key, value))


@settings(deadline=None)
@given(value=st.text(st.characters(categories=("L", "N")), max_size=10))
def test_what_fits_stays_as_it_is(value: str) -> None:
    assert fitted(ObjectKey.NAME, value) == value


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=7, max_size=7))
def test_any_recording_can_be_described(texts: list[str]) -> None:
    names = ("user_id", "model", "firmware_version", "trigger_on", "trigger_off", "time_zone")
    recording = replace(RECORDING, **dict(zip(names, texts[:6], strict=True)))
    values = describe.recording_metadata(recording, [CLIP], [], IDENTITY)
    encode(MetaPrefix.CONTAINER, values | describe.final_metadata(9, range(1, 5000)))
    rejected = describe.rejected_metadata("R", values, 0, texts[6])
    encode(MetaPrefix.CONTAINER, rejected)


def test_media_times_include_the_pre_record_and_reach_over_all_clips() -> None:
    second = replace(CLIP, number=2, start_utc_ns=1020 * S, duration_ns=40 * S)
    values = describe.recording_metadata(RECORDING, [CLIP, second], [], IDENTITY)
    assert (values["StartTime"], values["StopTime"]) == ("980", "1060")
    assert values["StartTimeISO"] == "1970-01-01T00:16:20Z"
    assert (values["TriggerOnTime"], values["TriggerOffTime"]) == ("1000", "1060")
    assert values["SCUSerialNumber"] == "DOCK-9"


def test_missing_clips_are_numbered_and_cut_only_when_they_can_not_all_be_said() -> None:
    assert describe.final_metadata(3, [2, 5])["MissingClips"] == "2,5"
    assert "MissingClips" not in describe.final_metadata(3, [])
    assert describe.final_metadata(0, range(1, 500))["MissingClips"].endswith("...")


@settings(deadline=None)
@given(st.integers(0, 10**15))
def test_seconds_are_exact_to_the_millisecond(duration_ns: int) -> None:
    whole, ms = seconds(duration_ns).split(".")
    assert int(whole) * 1000 + int(ms) == duration_ns // 1_000_000


def test_a_clip_says_when_it_starts_and_what_it_lost() -> None:
    values = describe.clip_metadata(RECORDING, CLIP)
    assert (values["StartTime"], values["StopTime"]) == ("980", "1020")
    assert (values["Frames"], values["FramesDropped"]) == ("1230", "2")
    assert (values["PreRecordAskedS"], values["PreRecordDeliveredS"]) == ("30.000", "20.000")
    assert values["DurationS"] == "40.999"
    assert values["EndReason"] == "Split"
    assert "PreRecordShortReason" not in values


@pytest.mark.parametrize(
    ("at_s", "location"), [(1000, "1.0000000,2.0000000,3.0,1000"), (1061, ""), (939, "")]
)
def test_a_location_stands_for_an_instant_only_when_it_is_near(at_s: int, location: str) -> None:
    point = TrackPoint(1, at_s * S, 1.0, 2.0, 3.0)
    recording = replace(RECORDING, trigger_off_utc_ns=None)
    values = describe.recording_metadata(recording, [CLIP], [point], IDENTITY)
    assert values.get("TriggerOnLocation", "") == location


def test_a_track_counts_from_the_start_of_the_media() -> None:
    points = [TrackPoint(1, at_s * S, 1.0, 2.0, 3.0) for at_s in (1000, 985)]
    name, meta, body = describe.track_object(RECORDING, [CLIP], points)
    assert name == "19700101_001620_7CF7_BWV-1_gpstrail.json"
    assert meta == {"FileType": "json"}
    assert [point.since_start_s for point in parse_track(body)] == [5.0, 20.0]


def test_a_clip_says_when_its_picture_is_the_cameras_own_stream() -> None:
    assert "PictureStream" not in describe.clip_metadata(RECORDING, CLIP)
    values = describe.clip_metadata(RECORDING, replace(CLIP, picture_stream="as it came"))
    assert values["PictureStream"] == "as it came"


def test_a_clip_says_what_was_left_out_and_when_and_nothing_where_nothing_was() -> None:
    values = describe.clip_metadata(RECORDING, CLIP)
    assert "FramesSkipped" not in values and "Overload" not in values
    overload = "3.200-17.050@15"
    values = describe.clip_metadata(RECORDING, replace(CLIP, frames_skipped=208, overload=overload))
    assert (values["FramesSkipped"], values["Overload"]) == ("208", overload)
    many = ",".join([overload] * 40)
    values = describe.clip_metadata(RECORDING, replace(CLIP, frames_skipped=9, overload=many))
    assert values["Overload"].endswith("...") and values["Overload"].startswith(overload)
    encode(MetaPrefix.OBJECT, values)


# Clocks

OFFSET_NS = 900 * S
CLOCKED = replace(RECORDING, clock_run="run", utc_offset_ns=OFFSET_NS, utc_error_ns=12 * MS)


def corrected(step_ns: int, error_ns: int | None, at_ns: int = 130 * S) -> ClockCorrection:
    return ClockCorrection("run", at_ns, OFFSET_NS, OFFSET_NS + step_ns, None, error_ns)


def test_a_clip_says_how_far_its_start_may_be_from_utc_and_how_the_microphone_ran() -> None:
    clip = replace(
        CLIP, start_utc_ns=980 * S + 123 * MS, start_utc_error_ns=12 * MS + 1, drift_ppm=-198.74
    )
    values = describe.clip_metadata(CLOCKED, clip)
    assert values["StartTimeExact"] == "1970-01-01T00:16:20.123Z"
    assert (values["StartTimeBasis"], values["StartTimeErrorS"]) == ("Synchronised", "0.014")
    assert values["DriftPpm"] == "-198.7"
    assert "ClockCorrectionS" not in values and "ClockCorrectionErrorS" not in values


def test_a_clip_of_which_nothing_is_known_says_nothing_of_clocks() -> None:
    keys = describe.clip_metadata(RECORDING, CLIP).keys()
    assert not keys & {"StartTimeBasis", "StartTimeErrorS", "DriftPpm", "ClockCorrectionS"}
    assert "ClockSteps" not in describe.recording_metadata(RECORDING, [CLIP], [], IDENTITY)


def test_a_clock_that_nobody_answered_for_says_so_and_states_no_bound() -> None:
    values = describe.clip_metadata(replace(CLOCKED, utc_error_ns=None), CLIP)
    assert values["StartTimeBasis"] == "Unsynchronised" and "StartTimeErrorS" not in values


def test_what_became_known_later_is_told_and_no_time_follows_it() -> None:
    wrong = replace(CLOCKED, utc_error_ns=None)
    corrections = [corrected(-3600 * S, 20 * MS)]
    values = describe.clip_metadata(wrong, CLIP, corrections)
    assert values["StartTime"] == "980" and values["StartTimeBasis"] == "Corrected"
    assert values["ClockCorrectionS"] == "-3600.000"
    # The correction is 50 s younger than the start: 25 ms at 500 ppm, and the millisecond.
    assert values["ClockCorrectionErrorS"] == "0.046"
    assert values["StartTimeErrorS"] == "3600.046"
    recorded = describe.recording_metadata(wrong, [CLIP], [], IDENTITY, corrections)
    assert recorded["ClockSteps"] == "30.000:-3600.000"
    assert recorded["ClockCorrectionS"] == "-3600.000"
    assert (recorded["TriggerOnTime"], recorded["StartTime"]) == ("1000", "980")


@settings(deadline=None)
@given(
    error_ns=st.one_of(st.none(), st.integers(0, 2**62)),
    drift_ppm=st.one_of(st.none(), st.floats(-1e6, 1e6)),
    steps=st.lists(st.tuples(st.integers(0, 2**50), st.integers(-(2**62), 2**62)), max_size=40),
)
def test_any_clock_can_be_described(
    error_ns: int | None, drift_ppm: float | None, steps: list[tuple[int, int]]
) -> None:
    recording = replace(CLOCKED, utc_error_ns=error_ns, trigger_off_utc_ns=None)
    corrections = [corrected(step_ns, error_ns, 100 * S + at_ns) for at_ns, step_ns in steps]
    clip = replace(CLIP, drift_ppm=drift_ppm)
    encode(MetaPrefix.OBJECT, describe.clip_metadata(recording, clip, corrections))
    values = describe.recording_metadata(recording, [clip], [], IDENTITY, corrections)
    encode(MetaPrefix.CONTAINER, values)


@given(st.integers(0, 10**15))
def test_a_bound_is_never_rounded_down(bound_ns: int) -> None:
    whole, ms = seconds_up(bound_ns).split(".")
    assert MS <= (int(whole) * 1000 + int(ms)) * MS - bound_ns < 2 * MS
