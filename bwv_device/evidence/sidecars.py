"""Files that lie beside a clip and belong to it: they come after it, and go with it.

Who uses it: the store when it frees a clip, the repair, the check, and whoever writes such a
file. A sidecar is named by its clip, with another ending, so that it needs no row of its own:
the clip's row speaks for it.
"""

from pathlib import Path

from bwv_device.protocol.names import KEY_SUFFIX, MANIFEST_SUFFIX

CHAIN_SUFFIX = ".chain"
"""The fragment chain (`evidence.chain`), which stays on the card."""

SUFFIXES: tuple[str, ...] = (MANIFEST_SUFFIX, CHAIN_SUFFIX, KEY_SUFFIX)
"""What stands in place of the ending of the clip's name."""


def sidecar(clip: Path, suffix: str) -> Path:
    """Where the clip's file with that ending is, or would be."""
    return clip.with_name(clip.stem + suffix)


def sidecars(clip: Path) -> tuple[Path, ...]:
    """Where all sidecars of a clip are, or would be."""
    return tuple(sidecar(clip, suffix) for suffix in SUFFIXES)


def chain_file(clip: Path) -> Path:
    """Where a clip's chain is, or would be."""
    return sidecar(clip, CHAIN_SUFFIX)


def key_file(clip: Path) -> Path:
    """Where a sealed clip's key file is; a clip without one is in the clear."""
    return sidecar(clip, KEY_SUFFIX)


def is_sidecar(path: Path) -> bool:
    """Whether a file can be nothing but a sidecar, by its name."""
    return path.name.endswith(SUFFIXES)
