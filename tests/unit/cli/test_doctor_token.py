"""What the doctor says of a token that signs."""

import os
from pathlib import Path

import pytest

from bwv_device.cli.diagnosis.finding import Health
from bwv_device.cli.diagnosis.token import token
from bwv_device.configuration import Configuration
from bwv_device.configuration.signing import Signing
from tests.support.softhsm import CONFIG_VARIABLE, make_token


def test_without_a_token_there_is_nothing_to_say() -> None:
    assert list(token(Configuration())) == []


@pytest.mark.needs("softhsm2")
def test_a_token_that_signs_is_well_and_one_that_does_not_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, os.environ.get(CONFIG_VARIABLE, ""))
    signing = make_token(tmp_path).signing
    (well,) = token(Configuration(signing=signing))
    assert well.health is Health.OK and "bwv signs" in well.seen
    wrong = Signing.model_validate({**signing.model_dump(), "token": "another"})
    (ill,) = token(Configuration(signing=wrong))
    assert ill.health is Health.WARN and "NoSuchToken" in ill.seen and ill.cure
