"""Keys set on the command line: read as TOML, checked as the file is, and named as such."""

from pathlib import Path

import pytest

from bwv_device.configuration import load_configuration
from bwv_device.errors import ConfigurationError


def refusal(key: str, value: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load_configuration(None, {key: value})
    return str(raised.value)


def test_an_override_wins_over_the_file_and_leaves_its_neighbours(tmp_path: Path) -> None:
    file = tmp_path / "camera.toml"
    file.write_text("[pre_record]\nlength_s = 10\nsound = true\n")
    read = load_configuration(file, {"pre_record.length_s": "5"})
    assert read.pre_record.length_s == 5
    assert read.pre_record.sound is True


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("1.5", 1.5), ("true", True), ("a b.mp4", "a b.mp4"), ("rtsp://x/y", "rtsp://x/y")],
)
def test_an_option_of_a_driver_is_read_as_toml_and_else_as_text(text: str, value: object) -> None:
    overrides = {"parts.camera.driver": "any", "parts.camera.options.it": text}
    assert load_configuration(None, overrides).parts.camera.options == {"it": value}


def test_a_key_that_holds_text_takes_digits_as_they_are() -> None:
    assert load_configuration(None, {"device.serial": "007"}).device.serial == "007"


def test_a_line_break_in_a_value_sets_no_second_key() -> None:
    overrides = {"parts.camera.driver": "any", "parts.camera.options.it": "1\nother = 2"}
    options = load_configuration(None, overrides).parts.camera.options
    assert options == {"it": "1\nother = 2"}


def test_a_relative_path_is_one_from_where_the_command_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read = load_configuration(None, {"storage.folder": "clips", "dock.connection_file": "c.json"})
    assert read.storage.folder == tmp_path / "clips"
    assert read.dock.connection_file == tmp_path / "c.json"


def test_an_empty_path_is_none() -> None:
    assert load_configuration(None, {"dock.connection_file": ""}).dock.connection_file is None


def test_a_value_out_of_range_blames_the_command_line() -> None:
    assert refusal("pre_record.length_s", "400") == (
        "command line: pre_record.length_s = 400: must be a number from 0 to 120"
    )


@pytest.mark.parametrize("key", ["pre_record.lenght_s", "pre_rekord.length_s"])
def test_a_misspelt_key_says_what_was_meant(key: str) -> None:
    message = refusal(key, "5")
    assert message.startswith("command line: ")
    assert "did you mean" in message


def test_a_key_below_a_value_is_refused() -> None:
    assert "is not a key" in refusal("pre_record.length_s.more", "5")


def test_a_whole_section_can_not_be_replaced_by_a_value() -> None:
    assert "must be a table" in refusal("pre_record", "5")
