"""Findings and verdicts in words for a person: two tables, and how a stretch of time is said.

Who uses it: the screen of `bwv verify` and the report of `bwv export`, so that both say the same.
The words claim what the finding claims and no more.
"""

from bwv_device.evidence.verification.facts import Effect, Fact, Source
from bwv_device.evidence.verification.verdict import Finding, Grade, Verdict

_NS_PER_S = 1_000_000_000

GRADE_WORDS: dict[Grade, str] = {
    Grade.AUTHENTIC: "authentic",
    Grade.AUTHENTIC_UP_TO: "authentic up to {at}",
    Grade.PARTS_MISSING: "authentic, with parts missing from {at} on",
    Grade.UNSIGNED: "unsigned",
    Grade.UNKNOWN_SIGNER: "signed, by a signer for whom nobody here vouches",
    Grade.ALTERED: "altered at {at}",
    Grade.WRONG_SIGNER: "wrong signer",
    Grade.UNREADABLE: "unreadable",
}
_WITHOUT_SECOND: dict[Grade, str] = {
    Grade.AUTHENTIC_UP_TO: "authentic, and its end is not proved",
    Grade.PARTS_MISSING: "authentic, with parts missing",
    Grade.ALTERED: "altered",
}
"""Where no second can be named."""

MEANINGS: dict[Grade, str] = {
    Grade.AUTHENTIC: (
        "Every byte is as the camera signed it, and whoever verified trusts who vouches for that "
        "camera."
    ),
    Grade.AUTHENTIC_UP_TO: (
        "Up to the second that is named everything is as the camera signed it. What lies behind "
        "it is covered by no signature, or is missing: nothing is proved of it."
    ),
    Grade.PARTS_MISSING: (
        "What is there is as the camera signed it. Something else was there, and is missing; the "
        "findings say when."
    ),
    Grade.UNSIGNED: (
        "No signature covers this clip. That does not say that it was changed, and nothing says "
        "that it was not."
    ),
    Grade.UNKNOWN_SIGNER: (
        "The clip was not changed since it was signed. Who signed it is not known here, because "
        "no certificate was given that is trusted: anybody could have signed it so."
    ),
    Grade.ALTERED: (
        "Something is not as it was signed. The findings say what, and when in the clip."
    ),
    Grade.WRONG_SIGNER: (
        "Something was signed by somebody for whom no trusted certificate vouches, or who was not "
        "allowed to. What was signed so proves nothing about the camera."
    ),
    Grade.UNREADABLE: "There is nothing here that could be looked at as a clip.",
}
ADVICE: dict[Grade, str] = {
    Grade.AUTHENTIC: "Nothing.",
    Grade.AUTHENTIC_UP_TO: (
        "Ask for the clip's manifest and put it beside the clip: it covers the end as well. Is the "
        "end gone, ask for the copy that the receipt or the camera's ledger names."
    ),
    Grade.PARTS_MISSING: "Ask for the whole clip, and why parts were taken out.",
    Grade.UNSIGNED: "Ask for the clip's manifest, and whether the camera signs.",
    Grade.UNKNOWN_SIGNER: (
        "Give the certificate of the authority that issued the camera's: --anchor FILE. Get it "
        "from the authority itself, not from beside the clip."
    ),
    Grade.ALTERED: "Keep this file as it is, and ask for the copy that the receipt names.",
    Grade.WRONG_SIGNER: "Keep this file as it is, and ask whose certificate that is.",
    Grade.UNREADABLE: "Check that this is the file that was meant, and that it was copied whole.",
}

WORDS: dict[Fact, str] = {
    Fact.UNREADABLE: "it can't be read",
    Fact.REPACKED: "the file was packed anew: it is not the one that the camera wrote",
    Fact.TORN_TAIL: "bytes that are no whole part of a clip lie behind the last picture, {when}",
    Fact.DAMAGED: "there are bytes that are no part of a clip",
    Fact.SEALED: "it is sealed",
    Fact.OPENED: "it was sealed, and opens with the private key that was given",
    Fact.NOT_OPENED: "it is sealed and was not opened: nobody has looked inside",
    Fact.SEAL_ENDS_EARLY: "the seal has no proper end: something behind it is missing",
    Fact.SOUND_UNCOVERED: "signatures in the stream cover pictures; nothing here covers the sound",
    Fact.STREAM_COVERED: "the pictures are as they were signed, {when}",
    Fact.STREAM_UNSIGNED: "there is no signature in the stream",
    Fact.STREAM_NOT_FEASIBLE: "there are signatures in the stream, and none that can be checked",
    Fact.STREAM_TAIL: "no signature in the stream covers what lies {when}",
    Fact.BEGINS_LATER: "it does not begin where the camera began",
    Fact.PICTURE_CHANGED: "what is to be seen {when} is not what was signed",
    Fact.PICTURE_ADDED: "what is to be seen {when} was not there when it was signed",
    Fact.PICTURES_MOVED: "what is to be seen {when} does not belong behind what comes before it",
    Fact.PICTURE_MISSING: "pictures that were signed are missing {when}",
    Fact.PART_MISSING: "whole parts that were signed are missing {when}",
    Fact.PART_UNCOVERED: "no signature covers what lies {when}, and signatures lie around it",
    Fact.STALE_HASH: "one hash is not the one of the list beside it, as some signers end a stream",
    Fact.SIGNATURE_BROKEN: "a signature is wrong, {when}:",
    Fact.KEY_CHANGED: "the key changes within the clip, {when}",
    Fact.SIGNER: "signed by",
    Fact.SIGNER_EXPIRED: "signed while the certificate counted, which has run out since, by",
    Fact.SIGNER_UNVOUCHED: "no trusted certificate was given that could vouch for",
    Fact.SIGNER_STRANGER: "signed by a stranger:",
    Fact.SIGNER_NOT_VALID_THEN: "the certificate did not count when it was signed:",
    Fact.SIGNER_REVOKED: "the certificate had been revoked when it was signed:",
    Fact.SIGNER_REVOKED_LATER: "the certificate was revoked later:",
    Fact.SIGNING_TIME_ODD: "the camera's clock was wrong when it was signed, by",
    Fact.SIGNER_OTHER_DEVICE: "signed by another than the clip says:",
    Fact.MANIFEST_ABSENT: "there is none",
    Fact.MANIFEST_BROKEN: "it is none that a camera signed:",
    Fact.MANIFEST_OF_ANOTHER: "it belongs to another recording:",
    Fact.FILE_IS_SIGNED: "this is, byte for byte, the clip that the camera closed",
    Fact.SEALED_FILE_IS_SIGNED: "this is, byte for byte, the sealed clip that the camera closed",
    Fact.FILE_DIFFERS: "this is not the file that the camera closed:",
    Fact.UNITS_COVERED: "each part that is here is one that the camera signed:",
    Fact.UNIT_CHANGED: "what lies {when} is not what the camera signed",
    Fact.UNIT_ADDED: "there is a part too many {when}",
    Fact.UNITS_MISSING: "what the camera signed {when} is missing",
    Fact.UNITS_MISSING_AT_END: "the end is missing, {when}",
    Fact.FRAMES_MISSING: "there are pictures too few:",
    Fact.FRAMES_TOO_MANY: "there are pictures too many:",
    Fact.CAPTURE_GAPS: "the camera itself states what it could not record:",
    Fact.TIME_UNCERTAIN: "nobody answers for the camera's clock: its times of day may be wrong",
    Fact.RECEIPT_ABSENT: "there is none",
    Fact.RECEIPT_GOOD: "a server has signed that it holds these very bytes:",
    Fact.RECEIPT_SILENT: "it does not name this clip:",
    Fact.RECEIPT_UNVOUCHED: "it counts for nothing, as nobody vouches for who signed it:",
    Fact.RECEIPT_BROKEN: "it is none that a server signed:",
    Fact.RECEIPT_DIFFERS: "the server received other bytes:",
    Fact.LEDGER_ABSENT: "there is none",
    Fact.LEDGER_NAMES_CLIP: "it has this clip, with this digest:",
    Fact.LEDGER_SILENT: "it does not name this clip:",
    Fact.LEDGER_BROKEN: "it is not whole:",
    Fact.LEDGER_DIFFERS: "it has other bytes under the name of this clip:",
    Fact.LEDGER_UNVOUCHED: "nobody vouches for who signed it:",
}

SOURCES: dict[Source, str] = {
    Source.FILE: "the file",
    Source.SEAL: "the seal",
    Source.STREAM: "the stream's signatures",
    Source.MANIFEST: "the camera's manifest",
    Source.RECEIPT: "the server's receipt",
    Source.LEDGER: "the camera's ledger",
}

ROW_MARKS: dict[Effect, str] = {
    Effect.NONE: "·",
    Effect.PROVES: "✓",
    **{effect: "✗" for effect in Effect if effect > Effect.PROVES},
}
"""What stands before a finding: neutral, for the clip, against it."""

SETTLED = "(the manifest covers it)"
"""Behind a finding that another one settles."""


def seconds(at_ns: int) -> str:
    """`3.400 s`."""
    return f"{at_ns / _NS_PER_S:.3f} s"


def counted(number: int, what: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def when(finding: Finding) -> str:
    """The stretch that a finding is about, as it is put into a sentence."""
    if finding.start_ns is None:
        return "somewhere in it"
    if finding.length_ns <= 0:
        return f"at {seconds(finding.start_ns)}"
    end_ns = finding.start_ns + finding.length_ns
    return f"from {finding.start_ns / _NS_PER_S:.3f} to {seconds(end_ns)}"


def sentence(finding: Finding) -> str:
    """One finding in words."""
    text = WORDS[finding.fact].format(when=when(finding))
    if not finding.detail:
        return text.removesuffix(":")
    separator = " " if text.endswith((":", " by", " for")) else ": "
    return f"{text}{separator}{finding.detail}"


def headline(verdict: Verdict) -> str:
    """The verdict in a few words, with its second."""
    if verdict.at_ns is None:
        return _WITHOUT_SECOND.get(verdict.grade, GRADE_WORDS[verdict.grade])
    return GRADE_WORDS[verdict.grade].format(at=seconds(verdict.at_ns))
