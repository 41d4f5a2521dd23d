"""Certificates and accounts in the journal: kept from the opening on, through cuts and upgrades."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bwv_device.evidence import schema
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import FILE_NAME, Journal
from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.store import Store
from bwv_device.protocol.buffer_certificate import BufferCertificate, ShortCause, Shortfall
from tests.support.accounts import ACCOUNT, CERTIFICATE
from tests.support.clips import clip_bytes
from tests.support.stores import S, begin, new_clip, parts, record, write_file

WHOLE = clip_bytes(3.0)


def opened(store: Store, certificate: BufferCertificate | None = CERTIFICATE) -> Clip:
    """A clip that is being recorded, as the recorder enters it."""
    recording = begin(store)
    return store.open_clip(recording, replace(new_clip(recording), certificate=certificate))


def write_version_1(folder: Path) -> None:
    """A store as the first version of the journal left it: one clip whole, one cut off."""
    with sqlite3.connect(folder / FILE_NAME) as old:
        old.executescript(schema.STEPS[0])
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
        old.execute(
            "INSERT INTO recording VALUES (1, '0b9f_BWV-1_20261123T202100Z', '7CF7', '0b9f', 'PC',"
            " 'BWV-1', 'Model', '0.1.0', 'Button', ?, 'Button', ?, ?, 'UTC', NULL)",
            (1000 * S, 1060 * S, 30 * S),
        )
        for number, state, reason in ((1, "finalised", "Split"), (2, "recording", None)):
            result = (3 * S, 75, 2, 10, "ab" * 32, "cd" * 16) if reason else (None,) * 6
            old.execute(
                "INSERT INTO clip VALUES"
                " (?, 1, ?, ?, ?, ?, ?, 'capture had begun 1.0 s before the trigger', 40000000,"
                " ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (number, number, f"clips/x/{number}.mp4", state, 999 * S, S, reason, *result),
            )
    old.close()


def test_a_certificate_is_in_the_journal_before_the_first_picture_is_on_the_card(
    store: Store,
) -> None:
    clip = opened(store)
    assert store.journal.clip(clip.id).certificate == CERTIFICATE
    assert store.journal.clip(clip.id).account is None


def test_a_clip_that_was_cut_off_keeps_its_certificate(store: Store) -> None:
    clip = opened(store)
    write_file(store.path(clip), WHOLE)
    repair(store)
    kept = store.journal.clip(clip.id)
    assert (kept.end_reason, kept.certificate) == (EndReason.RECOVERED, CERTIFICATE)
    assert kept.account is None, "what only memory knew is not made up"


def test_a_certificate_claims_no_more_than_a_cut_left_on_the_card(store: Store) -> None:
    clip = opened(store)
    write_file(store.path(clip), b"".join(list(parts(WHOLE))[:2]))
    repair(store)
    kept = store.journal.clip(clip.id)
    assert kept.certificate is not None and kept.duration_ns == S
    assert kept.certificate.delivered_ns == kept.pre_record_delivered_ns == S
    assert kept.certificate.short == Shortfall(cause=ShortCause.CUT_OFF, seconds=1.5)
    assert kept.pre_record_short_reason == "cut off, 1.5 s of it are not in the clip"


def test_a_lead_up_that_goes_on_in_the_next_clip_was_not_cut_in_the_first(store: Store) -> None:
    first = opened(store)
    write_file(store.path(first), b"".join(list(parts(WHOLE))[:2]))
    recording = store.journal.recording(first.recording_id)
    second = store.open_clip(recording, new_clip(recording, 2, start_s=1))
    write_file(store.path(second), WHOLE)
    repair(store)
    assert store.journal.clip(first.id).certificate == CERTIFICATE


def test_a_clip_that_is_closed_has_its_account_and_the_better_certificate(store: Store) -> None:
    clip = opened(store)
    better = CERTIFICATE.model_copy(update={"counted_up_to_ns": 0, "short": None})
    result = ClipResult(
        EndReason.STOP, 3 * S, 75, 2, 10, "ab" * 32, "cd" * 16, account=ACCOUNT, certificate=better
    )
    store.journal.finalise_clip(clip.id, result)
    kept = store.journal.clip(clip.id)
    assert (kept.account, kept.certificate) == (ACCOUNT, better)
    assert kept.pre_record_short_reason is None
    assert kept.pre_record_delivered_ns == better.delivered_ns


def test_an_account_that_is_no_account_is_an_error_that_names_the_clip(store: Store) -> None:
    clip = opened(store)
    with sqlite3.connect(store.folder / FILE_NAME) as other:
        other.execute("UPDATE clip SET certificate = '{\"AskedNs\": -1}'")
    other.close()
    with pytest.raises(StoreError, match=f"{clip.file} is damaged"):
        store.journal.clip(clip.id)


def test_a_store_of_version_1_is_brought_up_to_date_with_all_that_it_says(tmp_path: Path) -> None:
    write_version_1(tmp_path)
    store = Store.open(tmp_path)
    whole, cut = store.journal.clips()
    assert (whole.frames, whole.frames_dropped, whole.end_reason) == (75, 2, EndReason.SPLIT)
    assert whole.pre_record_short_reason == "capture had begun 1.0 s before the trigger"
    assert (whole.certificate, whole.account, cut.certificate) == (None, None, None)
    repair(store)
    assert store.journal.clip(cut.id).end_reason is EndReason.NOTHING_RECORDED
    recorded = record(store)
    assert store.journal.problems() == []
    store.close()
    reader = Journal.open_for_reading(tmp_path)
    assert [clip.id for clip in reader.clips()] == [whole.id, cut.id, recorded.id]
    reader.close()
