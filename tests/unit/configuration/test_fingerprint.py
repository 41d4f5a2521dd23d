"""The fingerprint of the settings tells settings apart, and nothing else."""

from bwv_device.configuration.fingerprint import fingerprint
from bwv_device.configuration.media import PreRecord
from bwv_device.configuration.model import Configuration


def test_cameras_set_up_alike_have_the_same_one() -> None:
    found = fingerprint(Configuration())
    assert found == fingerprint(Configuration())
    assert len(bytes.fromhex(found)) == 32


def test_any_other_setting_is_another_one() -> None:
    changed = Configuration(pre_record=PreRecord(length_s=7.0))
    assert fingerprint(changed) != fingerprint(Configuration())
