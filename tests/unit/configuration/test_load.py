"""Reading a configuration: what is refused, and whether the error tells a person the cure."""

from pathlib import Path

import pytest

from bwv_device.configuration import Configuration, load_configuration
from bwv_device.errors import BwvError, ConfigurationError, Kind


def refusal(path: Path | None, overrides: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load_configuration(path, overrides)
    return str(raised.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "camera.toml"


def test_no_file_gives_the_defaults() -> None:
    assert load_configuration() == Configuration()


def test_a_missing_section_has_its_defaults(file: Path) -> None:
    file.write_text("[pre_record]\nlength_s = 5\n")
    read = load_configuration(file)
    assert read.pre_record.length_s == 5.0
    assert read.video == Configuration().video


def test_a_misspelt_key_names_file_line_key_and_what_was_meant(file: Path) -> None:
    file.write_text("[device]\n\n[pre_record]\nlenght_s = 5\n")
    message = refusal(file)
    assert message == (f"{file}, line 4: pre_record.lenght_s is not a key: did you mean length_s?")


def test_a_misspelt_section_names_its_line_and_what_was_meant(file: Path) -> None:
    file.write_text("[vidio]\nwidth_px = 640\n")
    assert refusal(file) == f"{file}, line 1: vidio is not a key: did you mean video?"


def test_a_key_unlike_any_other_lists_those_that_exist(file: Path) -> None:
    file.write_text("[sound]\nqqqq = 1\n")
    assert "[sound] knows bitrate_bps, rate_hz" in refusal(file)


def test_every_problem_is_told_at_once(file: Path) -> None:
    file.write_text('[video]\nwidth_px = 641\npreset = "slow"\n[sound]\nrate_hz = 1\n')
    lines = refusal(file).splitlines()
    assert len(lines) == 3
    assert "line 2: video.width_px = 641: must be a whole number from 64" in lines[0]
    assert "line 3: video.preset = 'slow': must be one of \"ultrafast\"" in lines[1]
    assert "line 5: sound.rate_hz = 1: must be one of 16000" in lines[2]


@pytest.mark.parametrize("length_s", ["-1", "120.5", "nan", "inf", '"30"', "true"])
def test_a_pre_record_outside_0_to_120_seconds_says_the_range(file: Path, length_s: str) -> None:
    file.write_text(f"[pre_record]\nlength_s = {length_s}\n")
    assert "must be a number from 0 to 120" in refusal(file)


@pytest.mark.parametrize("length_s", [0, 120])
def test_both_ends_of_the_pre_record_range_are_allowed(file: Path, length_s: int) -> None:
    file.write_text(f"[pre_record]\nlength_s = {length_s}\n")
    assert load_configuration(file).pre_record.length_s == length_s


@pytest.mark.parametrize("serial", ["a/b", "..\\u0000", "a b", "", "x" * 33, "na\\nme", "é"])
def test_a_serial_that_could_break_a_name_is_refused(file: Path, serial: str) -> None:
    file.write_text(f'[device]\nserial = "{serial}"\n')
    assert "must be 1 to 32 letters, digits and hyphens" in refusal(file)


@pytest.mark.parametrize("name", ["a\\u0000b", "a\\nb", "\\u001b[2J", "\\u2028"])
def test_a_control_character_in_a_name_is_refused_and_not_echoed(file: Path, name: str) -> None:
    file.write_text(f'[wearer]\nname = "{name}"\n')
    message = refusal(file)
    assert "may hold no control character" in message
    assert message.isprintable()


@pytest.mark.parametrize("name", ["../../etc", 'O\'Brien \\"Bob\\"', "👮🏽 Åse", "x" * 100])
def test_a_name_with_slashes_quotes_or_emoji_is_a_name(file: Path, name: str) -> None:
    file.write_text(f'[wearer]\nname = "{name}"\n')
    assert load_configuration(file).wearer.name == name.replace("\\", "")


def test_ten_thousand_characters_are_refused_in_one_short_line(file: Path) -> None:
    file.write_text(f'[device]\nname = "{"x" * 10_000}"\n')
    message = refusal(file)
    assert "at most, and this is 10000" in message
    assert len(message) < 300 + len(str(file))


def test_the_limit_of_a_name_counts_bytes_not_characters(file: Path) -> None:
    file.write_text(f'[wearer]\nname = "{"é" * 51}"\n', encoding="utf-8")
    assert "this is 102" in refusal(file)


def test_a_wearer_that_is_no_uuid_is_refused(file: Path) -> None:
    file.write_text('[wearer]\nuser_id = "constable 7"\n')
    assert "must be a UUID" in refusal(file)


def test_a_relative_folder_is_refused_because_it_depends_on_where_one_starts(file: Path) -> None:
    file.write_text('[storage]\nfolder = "clips"\n')
    assert "must be an absolute path, or begin with ~/" in refusal(file)


def test_the_default_folder_is_absolute() -> None:
    assert load_configuration().storage.folder.is_absolute()


def test_an_empty_connection_file_is_none(file: Path) -> None:
    file.write_text('[dock]\nconnection_file = ""\n')
    assert load_configuration(file).dock.connection_file is None


def test_waits_that_shrink_are_refused(file: Path) -> None:
    file.write_text("[dock]\nretry_first_s = 9\nretry_most_s = 2\n")
    assert "retry_most_s must not be less than retry_first_s" in refusal(file)


def test_a_clip_as_large_as_an_object_store_refuses_is_refused(file: Path) -> None:
    file.write_text(f"[recording]\nsplit_bytes = {5 * 1024**3}\n")
    assert "below 5368709120" in refusal(file)


def test_a_camera_without_a_microphone_says_so(file: Path) -> None:
    file.write_text('[parts.microphone]\ndriver = "none"\n')
    assert load_configuration(file).parts.microphone.absent


def test_a_camera_without_a_recording_light_is_refused(file: Path) -> None:
    file.write_text('[parts.recording_light]\ndriver = "none"\n')
    assert "can't do its work without this part" in refusal(file)


def test_a_part_without_a_driver_has_the_usual_one(file: Path) -> None:
    file.write_text("[parts.camera.options]\nsource = 1\n")
    camera = load_configuration(file).parts.camera
    assert (camera.driver, camera.options) == ("opencv", {"source": 1})


def test_the_usual_options_stay_with_the_usual_driver_only(file: Path) -> None:
    file.write_text('[parts.dock_contact]\ndriver = "file"\noptions = { interval_s = 1.0 }\n')
    assert set(load_configuration(file).parts.dock_contact.options) == {"path", "interval_s"}
    file.write_text('[parts.dock_contact]\ndriver = "mock"\n')
    assert load_configuration(file).parts.dock_contact.options == {}


def test_a_part_that_is_no_table_is_refused(file: Path) -> None:
    file.write_text('[parts]\ncamera = "scene"\n')
    assert "line 2: parts.camera = 'scene': must be a table" in refusal(file)


def test_a_part_that_no_camera_has_is_refused(file: Path) -> None:
    file.write_text('[parts.camara]\ndriver = "scene"\n')
    assert "parts.camara is not a key: did you mean camera?" in refusal(file)


@pytest.mark.parametrize("value", ["{ a = 1 }", "[[1]]", "2026-11-23"])
def test_an_option_that_is_no_value_is_refused(file: Path, value: str) -> None:
    file.write_text(f'[parts.camera]\ndriver = "file"\n[parts.camera.options]\npath = {value}\n')
    message = refusal(file)
    assert "line 4: parts.camera.options.path" in message
    assert "must be text, a number, true, false, or a list of these" in message


def test_an_option_may_be_a_list(file: Path) -> None:
    file.write_text('[parts.status_light.options]\ncolours = ["red", "off"]\n')
    options = load_configuration(file).parts.status_light.options
    assert options == {"colours": ["red", "off"]}


def test_without_pre_record_the_camera_waits_in_standby(file: Path) -> None:
    file.write_text("[pre_record]\nlength_s = 0\n")
    assert load_configuration(file).ready_state == "standby"
    assert load_configuration().ready_state == "pre_record"


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    assert "give another file with --config" in refusal(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path)


def test_broken_toml_names_file_and_line(file: Path) -> None:
    file.write_text("[device]\nserial = \n")
    message = refusal(file)
    assert message.startswith(f"{file}: is not TOML")
    assert "line 2" in message


def test_bytes_that_are_no_text_name_the_line(file: Path) -> None:
    file.write_bytes(b"[device]\nname = '\xff'\n")
    assert refusal(file) == f"{file}, line 2: is not UTF-8 text"


def test_a_video_given_as_configuration_is_refused(file: Path) -> None:
    file.write_bytes(b"\0" * (1024 * 1024 + 1))
    assert "is no configuration" in refusal(file)


def test_a_configuration_error_is_not_retried() -> None:
    error = ConfigurationError("no")
    assert isinstance(error, BwvError)
    assert error.kind is Kind.REFUSE


def test_what_was_read_can_not_be_changed() -> None:
    read = load_configuration()
    with pytest.raises(ValueError, match="frozen"):
        read.video.width_px = 640  # type: ignore[misc]
