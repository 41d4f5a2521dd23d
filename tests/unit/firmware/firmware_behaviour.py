"""What the camera is to do, written by hand: the standard that the table is measured by.

`SITUATIONS` says how a camera gets into each situation. `BEHAVIOUR` has a line for every event
that does something there: the situation, the event, the state that follows, the moments that
play and the work that is asked for. Every other event must be noted as ignored.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bwv_device.firmware.commands import (
    Command,
    Note,
    NoteKind,
    PlaySound,
    ShowLight,
    ShowScreen,
    Vibrate,
)
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.policy import Policy
from tests.unit.firmware.firmware_drive import (
    NO_RING,
    READY,
    RECORDING,
    STANDBY_POLICY,
    S,
    camera_after,
    event,
    notes,
    of_kind,
    recording_light,
)

AT_NS = 30 * S
"""When the event under test happens: after everything that led there."""


class Situation(NamedTuple):
    triggers: tuple[str, ...]
    policy: Policy = Policy()


SITUATIONS: Mapping[str, Situation] = {
    "off": Situation(()),
    "off again": Situation((*READY, "power_off", "shut_down_done")),
    "booting": Situation(("power_on",)),
    "booting in dock": Situation(("power_on", "dock")),
    "booting faulty": Situation(("power_on", "recorder_failed")),
    "booting full": Situation(("power_on", "storage_full")),
    "booting faulty in dock": Situation(("power_on", "dock", "storage_full")),
    "booting cleared": Situation(("power_on", "storage_full", "fault_cleared")),
    "booting undocked": Situation(("power_on", "dock", "undock")),
    "booting no buffer": Situation(("power_on",), STANDBY_POLICY),
    "standby": Situation((*READY, "disarm")),
    "standby no ring": Situation(READY, NO_RING),
    "pre_record": Situation(READY),
    "recording": Situation(RECORDING),
    "recording no buffer": Situation(RECORDING, STANDBY_POLICY),
    "recording no ring": Situation(RECORDING, NO_RING),
    "recording lost": Situation((*RECORDING, "capture_lost")),
    "recording back": Situation((*RECORDING, "capture_lost", "capture_back")),
    "recording lost no buffer": Situation((*RECORDING, "capture_lost"), STANDBY_POLICY),
    "docked": Situation((*READY, "dock")),
    "docked no buffer": Situation((*READY, "dock"), STANDBY_POLICY),
    "docked faulty": Situation((*READY, "recorder_failed", "dock")),
    "docked failed": Situation((*READY, "dock", "recorder_failed")),
    "docked lost": Situation((*RECORDING, "capture_lost", "dock")),
    "docked full": Situation((*READY, "dock", "storage_full")),
    "docked cleared": Situation((*READY, "storage_full", "dock", "fault_cleared")),
    "fault": Situation((*READY, "storage_full")),
    "fault no buffer": Situation((*READY, "recorder_failed"), STANDBY_POLICY),
    "shutting_down": Situation((*READY, "power_off")),
}

BEHAVIOUR = """
off                    | power_on         | booting       | power_on       |
off                    | dock             | off           |                |
off                    | undock           | off           |                |
off again              | power_on         | booting       | power_on       |
off again              | dock             | off           |                |
off again              | undock           | off           |                |

booting                | boot_done        | pre_record    |                | Arm
booting                | boot_failed      | fault         | fault          |
booting                | start            | booting       | start_refused  |
booting                | dock             | booting       |                |
booting                | undock           | booting       |                |
booting                | recorder_failed  | booting       | fault          |
booting                | storage_full     | booting       | fault          |
booting                | fault_cleared    | booting       |                |
booting                | power_off        | shutting_down | power_off      |
booting                | battery_low      | booting       | low_battery    |
booting                | battery_well     | booting       |                |
booting                | battery_empty    | shutting_down | low_battery power_off |
booting in dock        | boot_done        | docked        |                | BeginDocking
booting in dock        | boot_failed      | docked        | fault          | BeginDocking
booting in dock        | start            | booting       | start_refused  |
booting in dock        | dock             | booting       |                |
booting in dock        | undock           | booting       |                |
booting in dock        | recorder_failed  | booting       | fault          |
booting in dock        | storage_full     | booting       | fault          |
booting in dock        | fault_cleared    | booting       |                |
booting in dock        | power_off        | shutting_down | power_off      |
booting in dock        | battery_low      | booting       | low_battery    |
booting in dock        | battery_well     | booting       |                |
booting in dock        | battery_empty    | shutting_down | low_battery power_off |
booting faulty         | boot_done        | fault         | fault          |
booting full           | boot_done        | fault         | fault          |
booting faulty in dock | boot_done        | docked        |                | BeginDocking
booting cleared        | boot_done        | pre_record    |                | Arm
booting undocked       | boot_done        | pre_record    |                | Arm
booting no buffer      | boot_done        | standby       |                |

standby                | arm              | pre_record    |                | Arm
standby                | start            | recording     | start          | StartRecording
standby                | dock             | docked        | dock           | BeginDocking
standby                | recorder_failed  | fault         | fault          |
standby                | storage_full     | fault         | fault          |
standby                | power_off        | shutting_down | power_off      |
standby                | battery_low      | standby       | low_battery    |
standby                | battery_well     | standby       |                |
standby                | battery_empty    | shutting_down | low_battery power_off |
standby no ring        | start            | recording     | start          | StartRecording
standby no ring        | dock             | docked        | dock           | BeginDocking
standby no ring        | recorder_failed  | fault         | fault          |
standby no ring        | storage_full     | fault         | fault          |
standby no ring        | power_off        | shutting_down | power_off      |
standby no ring        | battery_low      | standby       | low_battery    |
standby no ring        | battery_well     | standby       |                |
standby no ring        | battery_empty    | shutting_down | low_battery power_off |

pre_record             | disarm           | standby       |                | Disarm
pre_record             | start            | recording     | start          | StartRecording
pre_record             | dock             | docked        | dock           | Disarm BeginDocking
pre_record             | recorder_started | pre_record    |                |
pre_record             | recorder_failed  | fault         | fault          | Disarm
pre_record             | storage_full     | fault         | fault          | Disarm
pre_record             | capture_lost     | fault         | fault          | Disarm
pre_record             | power_off        | shutting_down | power_off      | Disarm
pre_record             | battery_low      | pre_record    | low_battery    |
pre_record             | battery_well     | pre_record    |                |
pre_record             | battery_empty    | shutting_down | low_battery power_off | Disarm

recording              | stop             | pre_record    | stop           | StopRecording Arm
recording              | start            | recording     | bookmark       | MarkBookmark
recording              | bookmark         | recording     | bookmark       | MarkBookmark
recording              | dock             | docked        | stop dock      | StopRecording Disarm BeginDocking
recording              | recorder_started | recording     |                |
recording              | recorder_failed  | fault         | stop fault     | StopRecording Disarm
recording              | storage_full     | fault         | stop fault     | StopRecording Disarm
recording              | capture_lost     | recording     | fault          |
recording              | capture_back     | recording     |                |
recording              | power_off        | shutting_down | stop power_off | StopRecording Disarm
recording              | battery_low      | recording     | low_battery    |
recording              | battery_well     | recording     |                |
recording              | battery_empty    | shutting_down | stop low_battery power_off | StopRecording Disarm
recording lost         | stop             | fault         | stop fault     | StopRecording Disarm
recording lost         | start            | recording     | bookmark       | MarkBookmark
recording lost         | bookmark         | recording     | bookmark       | MarkBookmark
recording lost         | capture_lost     | recording     | fault          |
recording lost         | capture_back     | recording     |                |
recording lost         | dock             | docked        | stop dock      | StopRecording Disarm BeginDocking
recording lost         | recorder_started | recording     |                |
recording lost         | recorder_failed  | fault         | stop fault     | StopRecording Disarm
recording lost         | storage_full     | fault         | stop fault     | StopRecording Disarm
recording lost         | power_off        | shutting_down | stop power_off | StopRecording Disarm
recording lost         | battery_low      | recording     | low_battery    |
recording lost         | battery_well     | recording     |                |
recording lost         | battery_empty    | shutting_down | stop low_battery power_off | StopRecording Disarm
recording back         | stop             | pre_record    | stop           | StopRecording Arm
recording lost no buffer | stop           | fault         | stop fault     | StopRecording Disarm
recording no buffer    | stop             | standby       | stop           | StopRecording Disarm
recording no ring      | stop             | standby       | stop           | StopRecording Disarm

docked                 | undock           | pre_record    |                | EndDocking Arm
docked                 | start            | docked        | start_refused  |
docked                 | recorder_failed  | docked        | fault          |
docked                 | storage_full     | docked        | fault          |
docked                 | fault_cleared    | docked        |                |
docked                 | power_off        | shutting_down | power_off      | EndDocking
docked                 | battery_low      | docked        | low_battery    |
docked                 | battery_well     | docked        |                |
docked                 | battery_empty    | shutting_down | low_battery power_off | EndDocking
docked no buffer       | undock           | standby       |                | EndDocking
docked faulty          | undock           | fault         | fault          | EndDocking
docked failed          | undock           | fault         | fault          | EndDocking
docked lost            | undock           | fault         | fault          | EndDocking
docked full            | undock           | fault         | fault          | EndDocking
docked cleared         | undock           | pre_record    |                | EndDocking Arm

fault                  | fault_cleared    | pre_record    |                | Arm
fault                  | start            | fault         | start_refused  |
fault                  | dock             | docked        | dock           | BeginDocking
fault                  | recorder_failed  | fault         |                |
fault                  | storage_full     | fault         |                |
fault                  | power_off        | shutting_down | power_off      |
fault                  | battery_low      | fault         | low_battery    |
fault                  | battery_well     | fault         |                |
fault                  | battery_empty    | shutting_down | low_battery power_off |
fault no buffer        | fault_cleared    | standby       |                |

shutting_down          | shut_down_done   | off           |                | PowerOff
shutting_down          | start            | shutting_down | start_refused  |
shutting_down          | dock             | shutting_down |                |
shutting_down          | undock           | shutting_down |                |
shutting_down          | recorder_failed  | shutting_down | fault          |
"""  # noqa: E501 - a table, one line a row

WHOLE = (
    *("off", "off again", "booting", "booting in dock", "standby", "standby no ring"),
    *("pre_record", "recording", "recording lost", "docked", "fault", "shutting_down"),
)
"""Situations of which every event is written down; of the others only what differs."""


class Answer(NamedTuple):
    state: str
    plays: str
    work: str


Behaviour = Mapping[tuple[str, Trigger], Answer | None]
"""What a situation and an event lead to; None: the event is ignored."""


def wanted() -> Behaviour:
    """The whole of `BEHAVIOUR`, with None for every event that has no line."""
    written = dict(_lines())
    return written | {
        (name, trigger): None
        for name in WHOLE
        for trigger in Trigger
        if (name, trigger) not in written
    }


def _lines() -> Iterator[tuple[tuple[str, Trigger], Answer]]:
    for line in filter(None, BEHAVIOUR.splitlines()):
        name, trigger, *answer = (cell.strip() for cell in line.split("|"))
        yield (name, Trigger(trigger)), Answer(*answer)


def answer_of(name: str, trigger: Trigger) -> Answer | None:
    """What a camera in the situation `name` does on `trigger`."""
    situation = SITUATIONS[name]
    firmware = camera_after(situation.triggers, situation.policy)
    firmware.advance(AT_NS - 1)
    before = firmware.state
    commands = firmware.post(event(trigger, AT_NS, message="why"))
    if notes(commands, NoteKind.IGNORED_EVENT):
        return None
    plays = " ".join(felt.name for felt in of_kind(commands, Vibrate))
    again = " again" if before is firmware.state and recording_light(commands) else ""
    return Answer(firmware.state.value + again, plays, " ".join(_work(commands)))


def _work(commands: tuple[Command, ...]) -> list[str]:
    shown = (ShowLight, ShowScreen, PlaySound, Vibrate, Note)
    return [type(command).__name__ for command in commands if not isinstance(command, shown)]
