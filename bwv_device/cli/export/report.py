"""The report of a pack: one page in plain words, for people who have never heard of a hash.

Used by `bwv export`. It holds no script and fetches nothing, so it looks the same in ten years.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from bwv_device.cli.export.exporter import Exporter
from bwv_device.cli.export.pack import CLIPS, REPORT, SUMS, Packed
from bwv_device.cli.verify.outcome import Outcome
from bwv_device.evidence.manifest.schema import Made, Manifest
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.gather import COPIES_FOLDER
from bwv_device.evidence.verification.presentation import rows
from bwv_device.evidence.verification.verdict import Grade
from bwv_device.evidence.verification.words import ADVICE, MEANINGS, counted, headline
from bwv_device.protocol.times import rfc3339, rfc3339_ms
from bwv_device.version import VERSION

_NS_PER_S = 1_000_000_000
_TONES = {
    Grade.AUTHENTIC: "good",
    Grade.AUTHENTIC_UP_TO: "partly",
    Grade.PARTS_MISSING: "partly",
    Grade.UNSIGNED: "partly",
    Grade.UNKNOWN_SIGNER: "partly",
}


@dataclass(frozen=True, slots=True)
class About:
    """Who exported, and why, in his own words; nobody checks them."""

    exporter: str
    reason: str


def render(packed: Sequence[Packed], exporter: Exporter, trust: Trust, about: About) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("bwv_device.cli.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        about=about,
        when=rfc3339(trust.now_utc_ns),
        version=VERSION,
        clips=[_clip(one) for one in packed],
        summary=_summary([one.item.outcome for one in packed]),
        exporter=exporter,
        anchors=[anchor.subject.rfc4514_string() for anchor in trust.anchors],
        names={"clips": CLIPS, "copies": COPIES_FOLDER, "report": REPORT, "sums": SUMS},
    )


def _summary(outcomes: Sequence[Outcome]) -> str:
    good = sum(outcome.verdict.grade is Grade.AUTHENTIC for outcome in outcomes)
    if good == len(outcomes):
        return "The clip is authentic." if good == 1 else f"All {good} clips are authentic."
    return f"{good} of {counted(len(outcomes), 'clip')} authentic: read what is said of each."


def _clip(packed: Packed) -> dict[str, object]:
    item, verdict = packed.item, packed.item.outcome.verdict
    body = item.evidence.body
    return {
        "name": item.name,
        "path": packed.path,
        "headline": headline(verdict),
        "tone": _TONES.get(verdict.grade, "bad"),
        "meaning": MEANINGS[verdict.grade],
        "advice": "" if verdict.grade is Grade.AUTHENTIC else ADVICE[verdict.grade],
        "rows": list(rows(verdict)),
        "facts": list(_facts(item.manifest)) if item.manifest is not None else [],
        "sha256": body.clear_sha256,
        "sealed_sha256": body.stored_sha256 if body.sealed else "",
        "credential": not packed.problem,
        "problem": packed.problem,
    }


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """What the camera itself states, as its signature covers it."""
    media, device = manifest.media, manifest.device
    yield "Camera", f"{device.model}, serial number {device.serial}"
    yield "Wearer", f"{manifest.wearer.name} ({manifest.wearer.user_id})"
    yield "Recording", f"{manifest.container}, clip {manifest.clip_number}"
    yield "First picture", f"{rfc3339_ms(media.start_utc_ns)} by the camera's clock"
    yield "How right its clock was", _clock(manifest)
    pre_record_s = media.pre_record_delivered_ns / _NS_PER_S
    yield "Length", f"{media.duration_ns / _NS_PER_S:.3f} s, {media.frames} pictures"
    if pre_record_s:
        yield "Before the trigger", f"{pre_record_s:.3f} s of it, kept from before"
    yield "Started by", f"{manifest.trigger.on}, {rfc3339_ms(manifest.trigger.on_utc_ns)}"
    if manifest.trigger.off is not None and manifest.trigger.off_utc_ns is not None:
        yield "Stopped by", f"{manifest.trigger.off}, {rfc3339_ms(manifest.trigger.off_utc_ns)}"
    yield "The clip ended by", media.end_reason
    yield (
        "Pictures lost by the camera",
        f"{media.frames_dropped} lost, {media.frames_skipped} left out",
    )
    if manifest.made is Made.AT_REPAIR:
        yield "Cut off", "The recording was cut off, and the clip put right at the next start."


def _clock(manifest: Manifest) -> str:
    utc = manifest.utc
    if utc.correction_ns is not None:
        add_s = utc.correction_ns / _NS_PER_S
        return f"It was wrong, and that became known later: add {add_s:+.3f} s to its times."
    if utc.error_ns is None:
        return "Nobody knows: it was not set by anybody who answers for it."
    return f"Within {utc.error_ns / _NS_PER_S:.3f} s."
