"""A camera on real drivers in the rig's guest, and a hand that pulls its plugs.

Run there as `python -m tests.support.rig_camera JOB`: the agent records from the kernel's V4L2
and ALSA drivers onto ext4. Each of `SCRIPTS` is a recording during which something happens to a
device. JOB gets `outcome` (what was reported, as JSON), `log`, `tone` (what the player of the tone
says), and `store`, for the judge outside.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.configuration.keeping import MIB
from bwv_device.configuration.model import Configuration
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from bwv_device.media.messages import Report
from hal import registry
from hal.interfaces.clock import NS_PER_S, Clock
from tests.support.camera_process import configuration

log = logging.getLogger(__name__)

CARD, STORE = Path("/data"), Path("/data/store")
WIDTH_PX, HEIGHT_PX, RATE_HZ = 320, 180, 5
"""Of the sizes that the kernel's webcam has, the smallest: the guest is emulated."""
SOUND_HZ = 16_000
"""Also of the microphone, so that nothing is resampled."""
STEP_S = 4.0
"""Between one thing that happens and the next: a few fragments."""
PATIENCE_S = 120.0
"""For what must happen; the guest is slow, and so may be the machine that it is on."""
TONE = Path("/tmp/tone.wav")
TONE_HZ, TONE_S = 440, 900
PLAYER = f"aplay -D plughw:Loopback,0 --buffer-time=4000000 --period-time=500000 {TONE}"
"""Four seconds ahead (in microseconds), so that a player that has to wait leaves no hole in the
tone before it comes to the microphone."""


@dataclass
class Told:
    """One report of the recorder."""

    at_s: float
    kind: str
    text: str


@dataclass
class Played:
    """What came of one script. The clips are found by the recordings' order in the journal."""

    name: str
    told: list[Told] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """Each state that the camera came to, in order."""
    nodes: list[str] = field(default_factory=list)
    """The cameras in /dev when the script was over."""


def read_outcome(path: Path) -> list[Played]:
    """What `main` wrote down."""
    return [
        Played(**{**each, "told": [Told(**told) for told in each["told"]]})
        for each in json.loads(path.read_text(encoding="utf-8"))
    ]


class Stage:
    """An agent at work, and what is heard of it."""

    def __init__(self, agent: Agent, clock: Clock) -> None:
        self.agent, self.clock = agent, clock
        self.played = Played("start")
        self._changed = threading.Condition()

    def hear(self, at_ns: int, state: State, observation: Observation) -> None:
        """The agent's listener."""
        with self._changed:
            if not self.played.states or self.played.states[-1] != state:
                self.played.states.append(str(state))
            if isinstance(observation, Report):
                kind = type(observation).__name__
                self.played.told.append(Told(at_ns / NS_PER_S, kind, str(observation)))
            self._changed.notify_all()

    def until(self, what: str, is_so: Callable[[Played], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: is_so(self.played), PATIENCE_S):
                raise TimeoutError(f"in vain: {what}; {self.played}")

    def until_told(self, kind: type[Report]) -> None:
        self.until(kind.__name__, lambda played: kind.__name__ in {t.kind for t in played.told})

    def until_in(self, state: State) -> None:
        self.until(state, lambda _: self.agent.state is state)

    def until_gone(self, node: Path) -> None:
        """The hand pulls in the background: a card in use is not gone at once."""
        deadline_ns = self.clock.monotonic_ns() + round(PATIENCE_S * NS_PER_S)
        while node.exists():
            if self.clock.monotonic_ns() > deadline_ns:
                raise TimeoutError(f"in vain: {node} is still there")
            self.clock.sleep_s(0.1)
        log.info("%s is gone", node)

    def wait(self) -> None:
        self.clock.sleep_s(STEP_S)

    def begin(self) -> None:
        self.until_in(State.PRE_RECORD)
        self.agent.post_now(Trigger.START, "Button")
        self.until_told(messages.ClipOpened)
        self.wait()

    def stop(self) -> None:
        self.wait()
        self.agent.post_now(Trigger.STOP, "Button")
        self.until_told(messages.RecordingClosed)


def device(*arguments: str, may_fail: bool = False) -> None:
    """The rig's hand. Its output goes to a file: what it leaves running must not hold a pipe."""
    command = [f"{os.environ['RIG']}/devices", *arguments]
    with Path("/tmp/devices").open("w+b") as output:
        ran = subprocess.run(command, stdout=output, stderr=output, check=False)
        output.seek(0)
        text = output.read().decode(errors="replace")
    log.info("%s: %s", " ".join(arguments), text)
    if ran.returncode and not may_fail:
        raise OSError(f"{command} ended with {ran.returncode}: {text}")


def pull_the_camera(stage: Stage) -> None:
    """While somebody else holds its node, so that it comes back under another number."""
    stage.begin()
    held = os.open("/dev/video0", os.O_RDWR)
    device("camera-unplug")
    stage.until_told(messages.CameraLost)
    stage.wait()
    # It is back at once; setting its mode fails when the agent has it open before that.
    device("camera-plug", may_fail=True)
    stage.until_told(messages.CameraBack)
    os.close(held)
    stage.stop()


def pull_the_microphone(stage: Stage) -> None:
    stage.begin()
    device("sound-unplug")
    stage.until_gone(Path("/dev/snd/pcmC0D1c"))
    stage.until_told(messages.SoundFailed)
    stage.wait()
    device("sound-plug")
    stage.until_told(messages.SoundBack)
    stage.stop()


def turn_read_only(stage: Stage) -> None:
    """As the kernel does with a file system that it doubts; then it is well again."""
    stage.begin()
    Path("/proc/sysrq-trigger").write_text("u")
    stage.until_told(messages.WritingFailed)
    stage.until_told(messages.RecordingClosed)
    stage.until_in(State.FAULT)
    subprocess.run(["mount", "-o", "remount,rw", str(CARD)], check=True)
    stage.until_in(State.PRE_RECORD)


def break_the_card(stage: Stage) -> None:
    """Every write fails; ext4 then takes none until it is mounted anew."""
    stage.begin()
    device("card-fail")
    stage.until_told(messages.WritingFailed)
    stage.until_told(messages.RecordingClosed)
    stage.until_in(State.FAULT)


def record_a_little(stage: Stage) -> None:
    stage.begin()
    stage.stop()


SCRIPTS: tuple[tuple[Callable[[Stage], None], ...], ...] = (
    (pull_the_camera, pull_the_microphone, turn_read_only, record_a_little, break_the_card),
    (record_a_little,),
)
"""One agent after the other; before the second, the card is put right and mounted anew."""


def main(job: Path) -> None:
    """Play everything; what was heard, and the store, are left for the judge in any case."""
    logging.basicConfig(
        filename=job / "log", level=logging.INFO, format="%(asctime)s %(name)s: %(message)s"
    )
    logging.getLogger("transitions").setLevel(logging.WARNING)
    device("camera", f"{WIDTH_PX}x{HEIGHT_PX}", str(RATE_HZ), "webcam")
    device("sound")
    device("card", str(CARD))
    played: list[Played] = []
    try:
        with tone(job / "tone"):
            for scripts in SCRIPTS:
                play(scripts, played)
                put_the_card_right()
    finally:
        text = json.dumps([asdict(each) for each in played])
        (job / "outcome").write_text(text, encoding="utf-8")
        shutil.copytree(STORE, job / "store")


def play(scripts: tuple[Callable[[Stage], None], ...], played: list[Played]) -> None:
    """One agent, from power on to power off."""
    clock = registry.open_clock()
    heard: list[Stage] = []
    with assembled(real_parts(), clock, lambda *told: heard[0].hear(*told)) as (agent, _board):
        stage = Stage(agent, clock)
        heard.append(stage)
        failures: list[BaseException] = []

        def wear() -> None:
            try:
                stage.until_told(messages.Capturing)
                for script in scripts:
                    stage.played = Played(script.__name__, states=[str(agent.state)])
                    played.append(stage.played)
                    script(stage)
                    stage.played.nodes = sorted(map(str, Path("/dev").glob("video*")))
            except BaseException as error:
                log.exception("the script has broken off")
                failures.append(error)
            finally:
                agent.post_now(Trigger.POWER_OFF)

        wearer = threading.Thread(target=wear, name="wearer")
        wearer.start()
        agent.run()
        wearer.join()
    if failures:
        raise failures[0]


def real_parts() -> Configuration:
    """The agent's own drivers for camera, microphone and card; small pictures."""
    tables = configuration(STORE, 2.0).model_dump()
    tables["parts"] |= {
        "camera": {"driver": "opencv"},
        "microphone": {"driver": "sounddevice", "options": {"rate_hz": SOUND_HZ}},
    }
    tables["video"] |= {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "rate_hz": RATE_HZ}
    tables["video"] |= {"encoder": "x264", "preset": "ultrafast"}
    tables["sound"] |= {"rate_hz": SOUND_HZ}
    tables["storage"] |= {"reserve_bytes": 16 * MIB}
    # An emulated guest takes longer to start a process than the supervisor is ready to wait.
    tables["recording"] |= {"own_process": False}
    return Configuration.model_validate(tables)


def put_the_card_right() -> None:
    device("card-ok")
    device("card-remove")
    device("card", str(CARD))


def write_tone(path: Path) -> None:
    """A sound file that is longer than all scripts take. Square waves: on a pure sine FFmpeg's AAC
    encoder spends several times as long, in the guest as long as the sound lasts."""
    waves = np.arange(SOUND_HZ) * 2 * TONE_HZ // SOUND_HZ % 2
    second = (12_000 * waves - 6_000).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes(second * TONE_S)


@contextmanager
def tone(path: Path) -> Iterator[None]:
    """A tone in front of the microphone, also after its card was unplugged; `path` gets what its
    player says."""
    write_tone(TONE)
    again = f"while :; do date; {PLAYER}; sleep 0.2; done"
    with (
        path.open("wb") as output,
        subprocess.Popen(
            ["bash", "-c", again], start_new_session=True, stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
