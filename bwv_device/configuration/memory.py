"""How little memory may be left to others: the `[memory]` table."""

from pydantic import Field

from bwv_device.configuration.section import Section

MIB = 1024 * 1024


class Memory(Section):
    """What the recorder does when the machine's memory gets short."""

    least_free_bytes: int = Field(
        default=64 * MIB,
        ge=0,
        le=16 * 1024 * MIB,
        description="With less memory available the pre-record ring is halved, again and again, "
        "down to a sixteenth of `pre_record.byte_ceiling`; the clip says so, and recording goes "
        "on. 0: never.",
    )
