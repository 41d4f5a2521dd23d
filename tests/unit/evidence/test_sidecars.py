"""Files beside a clip: nobody takes them for clips, and they go when it goes."""

from bwv_device.evidence.adopt import unknown_files
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.repair import repair
from bwv_device.evidence.sidecars import SUFFIXES, is_sidecar, sidecar, sidecars
from bwv_device.evidence.store import Store
from bwv_device.protocol import names
from tests.support import stores


def _write_beside(store: Store, clip: stores.Clip) -> None:
    for path in sidecars(store.path(clip)):
        path.write_bytes(b"{}")


def test_a_sidecar_has_the_name_that_it_has_at_the_destination(store: Store) -> None:
    path = store.path(stores.record(store))
    manifest = sidecar(path, names.MANIFEST_SUFFIX)
    assert manifest.name == names.manifest_object(path.name)
    assert names.object_kind(manifest.name) is names.ObjectKind.MANIFEST
    assert is_sidecar(manifest)
    assert not is_sidecar(path)


def test_sidecars_are_neither_adopted_nor_called_unknown(store: Store) -> None:
    clip = stores.record(store)
    _write_beside(store, clip)
    assert unknown_files(store) == ()
    # What is wrong with it as a manifest is another rule.
    sidecar(store.path(clip), names.MANIFEST_SUFFIX).unlink()
    assert check(store.folder, store.journal) == []


def test_a_sidecar_of_no_clip_is_named_by_the_check(store: Store) -> None:
    stray = store.path(stores.record(store)).with_name(f"20200101_000000_ABCD{SUFFIXES[0]}")
    stray.write_bytes(b"{}")
    (found,) = check(store.folder, store.journal)
    assert found.severity is Severity.WRONG
    assert found.where.endswith(stray.name)


def test_a_freed_clip_takes_its_sidecars_along(store: Store) -> None:
    clip = stores.deliver(store, stores.record(store))
    _write_beside(store, clip)
    store.purge(clip)
    assert not store.path(clip).parent.exists()


def test_a_sidecar_that_a_cut_left_behind_a_freed_clip_goes_at_the_next_start(
    store: Store,
) -> None:
    clip = stores.deliver(store, stores.record(store))
    store.purge(clip)
    store.path(clip).parent.mkdir()
    _write_beside(store, clip)
    (found,) = check(store.folder, store.journal)
    assert found.severity is Severity.PENDING
    repair(store)
    assert check(store.folder, store.journal) == []
    assert not store.path(clip).parent.exists()
