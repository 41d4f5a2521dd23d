"""The table of indications: what ships, and what a table of one's own may not do."""

from dataclasses import replace
from pathlib import Path

import pytest

from bwv_device.errors import ConfigurationError
from bwv_device.firmware.indications import (
    AUDIBLE,
    Indications,
    Moment,
    MomentIndication,
    StateIndication,
)
from bwv_device.firmware.indications_file import SHIPPED, load_indications, parse_indications
from bwv_device.firmware.indications_model import MomentEntries, StateEntries
from bwv_device.firmware.showing import lights, moments, screen
from bwv_device.firmware.states import State
from hal.interfaces.display import Screen
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import DARK, LightPattern
from hal.interfaces.sounder import Beep

ROOT = Path(__file__).parents[3]
TEXT = SHIPPED.read_text(encoding="utf-8")
TABLE = load_indications()

RED_BLINKING = LightPattern("red", 0.5, 0.5)

STATES = {
    State.OFF: (DARK, DARK, Screen("")),
    State.BOOTING: (DARK, LightPattern("red"), Screen("STARTING", ("Not recording",))),
    State.STANDBY: (DARK, LightPattern("green"), Screen("STANDBY", ("Not recording",))),
    State.PRE_RECORD: (
        DARK,
        LightPattern("green", 0.5, 0.5),
        Screen("READY", ("Not recording", "A start keeps the last seconds")),
    ),
    State.RECORDING: (RED_BLINKING, RED_BLINKING, Screen("REC", ("You are being recorded",))),
    State.DOCKED: (DARK, LightPattern("amber", 1, 1), Screen("DOCKED", ("Not recording",))),
    State.FAULT: (DARK, LightPattern("amber"), Screen("FAULT", ("Not recording",))),
    State.SHUTTING_DOWN: (
        DARK,
        LightPattern("amber", 0.25, 0.25),
        Screen("CLOSING", ("Not recording",)),
    ),
}

SHORT, QUICK, LONG = Beep(2700, 0.12, 0.12), Beep(2700, 0.06, 0.06), Beep(2700, 0.8, 0.2)
SHORT_PULSE, QUICK_PULSE, LONG_PULSE = Pulse(0.2, 0.15), Pulse(0.12, 0.1), Pulse(0.8, 0.2)

MOMENTS = {
    Moment.POWER_ON: ((SHORT,), (SHORT_PULSE,)),
    Moment.POWER_OFF: ((SHORT,), (SHORT_PULSE,)),
    Moment.START: ((SHORT,) * 2, (SHORT_PULSE,) * 2),
    Moment.STOP: ((LONG,), (LONG_PULSE,)),
    Moment.REMINDER: ((SHORT,) * 2, (SHORT_PULSE,) * 2),
    Moment.BOOKMARK: ((), (SHORT_PULSE,)),
    Moment.DOCK: ((), (SHORT_PULSE,)),
    Moment.FAULT: ((QUICK,) * 5, (QUICK_PULSE,) * 5),
    Moment.START_REFUSED: ((SHORT,) * 3, (SHORT_PULSE,) * 3),
    Moment.LOW_BATTERY: ((QUICK,) * 4, (QUICK_PULSE,) * 4),
}


@pytest.mark.parametrize("state", State)
def test_the_table_that_ships_shows_each_state_as_intended(state: State) -> None:
    row = TABLE.states[state]
    assert (row.recording_light, row.status_light, row.screen) == STATES[state]
    assert row.follows


@pytest.mark.parametrize("moment", Moment)
def test_the_table_that_ships_plays_each_moment_as_intended(moment: Moment) -> None:
    row = TABLE.moments[moment]
    assert (row.sound, row.haptic) == MOMENTS[moment]
    assert row.follows


def test_the_public_light_is_lit_in_exactly_one_state() -> None:
    lit = [state for state, row in TABLE.states.items() if row.recording_light.lit]
    assert lit == [State.RECORDING]


def test_no_two_states_look_the_same_to_the_wearer() -> None:
    seen = [row.status_light for row in TABLE.states.values()]
    assert len(set(seen)) == len(seen)


def test_the_file_in_config_is_the_one_that_ships() -> None:
    assert (ROOT / "config" / "indications.toml").read_text(encoding="utf-8") == TEXT


def test_the_file_has_a_place_for_every_state_and_moment() -> None:
    assert list(StateEntries.model_fields) == [state.value for state in State]
    assert list(MomentEntries.model_fields) == [moment.value for moment in Moment]


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1)


RECORDING_ROW = 'recording_light = "red_blinking"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            changed("[states.recording]", "[states.recoding]"),
            r"states.recording is missing\n.*line \d+: states.recoding is not a key: "
            r"did you mean recording\?",
        ),
        (
            changed("[moments.reminder]", "[moments.remainder]"),
            r"moments.remainder is not a key: did you mean reminder\?",
        ),
        (
            changed(RECORDING_ROW, 'recording_light = "red_blinkin"'),
            r"line \d+: states.recording.recording_light = 'red_blinkin' is not in \[lights\]: "
            r"did you mean red_blinking\?",
        ),
        (
            changed('sound = "one_long"', 'sound = "qwxz"'),
            r"moments.stop.sound = 'qwxz' is not in \[sounds\]: \[sounds\] knows five_quick, "
            r"four_quick, one_long, one_short, three_short, two_short",
        ),
        (
            changed('haptic = "one_long"', 'haptic = "one_lang"'),
            r"moments.stop.haptic = 'one_lang' is not in \[haptics\]: did you mean one_long\?",
        ),
        (
            changed('status_light = "amber_slow"', 'status_light = "' + "a" * 10_000 + '"'),
            r"states.docked.status_light = 'a{60}' is not in \[lights\]",
        ),
        (
            changed('status_light = "red"', 'statuslight = "red"'),
            r"states.booting.statuslight is not a key: did you mean status_light\?",
        ),
        (
            changed("on_s = 0.5, off_s", "on_s = 0.5, of_s"),
            r"lights.red_blinking.of_s is not a key: did you mean off_s\?",
        ),
        (changed(RECORDING_ROW, 'recording_light = "dark"'), "must be lit while recording"),
        (
            changed('recording_light = "dark"\nstatus_light = "green"', RECORDING_ROW + "\n"
                    'status_light = "green"'),
            r"states.standby: the recording light must be dark when not recording",
        ),
        (changed(RECORDING_ROW, 'recording_light = "green"'), "recording light is red or off"),
        (changed('sound = "five_quick"', 'sound = ""'), r"moments.fault: must have a sound"),
        (changed('"red", on_s = 0.5, off_s = 0.5', '"red", on_s = 0.5'), "steady one has neither"),
        (changed('colour = "off" }', 'colour = "off", on_s = 1, off_s = 1 }'), "off can't blink"),
        (changed('colour = "amber" }', 'colour = "yellow" }'), r"lights.amber.colour = 'yellow'"),
        (changed("times = 5", "times = 50"), r"five_quick.times = 50: .* from 1 to 10"),
        (changed("times = 5", "times = 0"), r"five_quick.times = 0: .* from 1 to 10"),
        (changed("times = 5", "times = 2.5"), r"five_quick.times = 2.5: must be a whole number"),
        (changed("on_s = 0.06", "on_s = 0"), r"five_quick.on_s = 0: .* from 0.01 to 10"),
        (changed("on_s = 0.06", "on_s = nan"), r"five_quick.on_s = nan"),
        (changed("off_s = 0.06", "off_s = -1"), r"five_quick.off_s = -1: .* from 0 to 10"),
        (changed("frequency_hz = 2700", "frequency_hz = 20"), r"frequency_hz = 20: .* 100 to"),
        (changed('follows = "own choice: off is dark"', ""), r"states.off.follows is missing"),
        (changed("[lights]", "[lights"), "my.toml: is not TOML"),
        ("", "lights is missing"),
    ],
)  # fmt: skip
def test_a_table_with_a_mistake_is_refused_and_the_place_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        parse_indications(text, "my.toml")
    assert str(refused.value).startswith("my.toml")


@pytest.mark.parametrize("moment", AUDIBLE)
def test_a_moment_that_people_were_promised_can_not_be_silent(moment: Moment) -> None:
    silent = replace(TABLE.moments[moment], sound=())
    with pytest.raises(ConfigurationError, match=f"moments.{moment}: must have a sound"):
        Indications(TABLE.states, {**TABLE.moments, moment: silent})


@pytest.mark.parametrize("state", State)
def test_a_table_made_by_a_program_obeys_the_light_rule_too(state: State) -> None:
    wrong = DARK if state is State.RECORDING else RED_BLINKING
    row = replace(TABLE.states[state], recording_light=wrong)
    with pytest.raises(ConfigurationError, match=f"states.{state}: the recording light must be"):
        Indications({**TABLE.states, state: row}, TABLE.moments)


def test_a_table_with_a_row_too_few_is_refused() -> None:
    states = {state: row for state, row in TABLE.states.items() if state is not State.FAULT}
    moments = {name: row for name, row in TABLE.moments.items() if name is not Moment.START}
    with pytest.raises(ConfigurationError, match=r"states.fault is missing; moments.start is"):
        Indications(states, moments)


def test_a_table_of_one_s_own_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(changed('heading = "REC"', 'heading = "🎥 ENREGISTREMENT"'), encoding="utf-8")
    shown = load_indications(file).states[State.RECORDING].screen
    assert shown == Screen("🎥 ENREGISTREMENT", ("You are being recorded",))


def test_a_file_that_is_not_there_or_not_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.toml: .* can't be read: No such file"):
        load_indications(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigurationError, match="can't be read: Is a directory"):
        load_indications(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"binary.toml: is not UTF-8 text"):
        load_indications(binary)


def test_what_is_shown_is_what_the_row_says() -> None:
    row = StateIndication(LightPattern("red"), LightPattern("blue"), Screen("A", ("b",)), "test")
    quiet = MomentIndication((), (), "test")
    table = Indications(
        {**TABLE.states, State.RECORDING: row}, {**TABLE.moments, Moment.DOCK: quiet}
    )
    shown = [(str(c.light), c.pattern) for c in lights(table, State.RECORDING)]
    assert shown == [("recording_light", row.recording_light), ("status_light", row.status_light)]
    assert [c.screen for c in screen(table, State.RECORDING)] == [row.screen]
    assert moments(table, (Moment.DOCK,)) == ()
    played = moments(table, (Moment.STOP, Moment.START))
    assert [(c.name, c.pattern) for c in played] == [
        ("stop", (LONG,)),
        ("stop", (LONG_PULSE,)),
        ("start", (SHORT,) * 2),
        ("start", (SHORT_PULSE,) * 2),
    ]
