"""The whole configuration of one camera, with every default; the agent and the CLI read it.

The model is the one home of keys, defaults, limits and their descriptions:
`config/default.toml` and `docs/configuration.md` are written from it by `scripts/docs`.
"""

from typing import Literal

from pydantic import Field

from bwv_device.configuration.battery import Battery
from bwv_device.configuration.identity import Device, Wearer
from bwv_device.configuration.keeping import Dock, Indications, Policy, Recording, Storage
from bwv_device.configuration.media import PreRecord, Sound, Video
from bwv_device.configuration.memory import Memory
from bwv_device.configuration.parts import Parts
from bwv_device.configuration.section import Section
from bwv_device.configuration.signing import Signing


class Configuration(Section):
    """All sections; one that is missing from the file has its defaults."""

    device: Device = Field(default=Device())
    wearer: Wearer = Field(default=Wearer())
    parts: Parts = Field(default=Parts())
    video: Video = Field(default=Video())
    sound: Sound = Field(default=Sound())
    pre_record: PreRecord = Field(default=PreRecord())
    recording: Recording = Field(default=Recording())
    storage: Storage = Field(default=Storage())
    signing: Signing = Field(default=Signing())
    memory: Memory = Field(default=Memory())
    battery: Battery = Field(default=Battery())
    dock: Dock = Field(default=Dock())
    policy: Policy = Field(default=Policy())
    indications: Indications = Field(default=Indications())

    @property
    def ready_state(self) -> Literal["pre_record", "standby"]:
        """Where a ready camera waits: the policy's state, and standby with no pre-record."""
        return "standby" if self.pre_record.length_s == 0 else self.policy.ready_state
