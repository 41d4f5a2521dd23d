"""Streams that other makers' signers may write, and the reader's verdict of each."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bwv_device.evidence.media_signing import sei
from bwv_device.evidence.media_signing.reading import ProblemKind
from tests.support.foreign_signer import Ways, sign_foreign
from tests.support.signed_streams import alter, layout, letters, make_stream, read, without_seis

WORDS = "IPPP" * 4
WHOLE = "." * 15 + "_"
RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    "ways",
    [
        Ways(),
        Ways(with_list=False),
        Ways(digest="sha512"),
        Ways(digest="sha512", with_list=False),
        Ways(key=RSA_KEY),
        Ways(flags=sei.HASHED_ESCAPED),
        Ways(flags=sei.HASHED_ESCAPED, with_list=False),
        Ways(certificates="first"),
        Ways(certificates="own"),
        Ways(with_vendor=False),
        Ways(late_pictures=1),
        Ways(late_pictures=2, with_list=False),
        Ways(signed_every=2),
        Ways(signed_every=2, with_list=False),
        Ways(signed_every=3),
    ],
)
def test_a_whole_stream_is_authentic(ways: Ways) -> None:
    pictures = sign_foreign(make_stream(WORDS), ways)
    reading = read(pictures)
    assert letters(reading) == WHOLE
    assert not reading.problems
    assert not reading.missing


@pytest.mark.parametrize(
    "ways", [Ways(), Ways(digest="sha512"), Ways(key=RSA_KEY), Ways(flags=sei.HASHED_ESCAPED)]
)
@pytest.mark.parametrize("number", [0, 3, 4, 6])
def test_an_altered_picture_is_named(ways: Ways, number: int) -> None:
    pictures = sign_foreign(make_stream(WORDS), ways)
    pictures[number] = alter(pictures[number])
    assert letters(read(pictures)) == WHOLE[:number] + "N" + WHOLE[number + 1 :]


def test_without_lists_an_altered_picture_makes_its_part_altered_and_no_other() -> None:
    pictures = sign_foreign(make_stream(WORDS), Ways(with_list=False))
    pictures[5] = alter(pictures[5])
    reading = read(pictures)
    assert letters(reading) == "....NNNN......._"
    assert not reading.problems


def test_without_lists_a_lost_signature_leaves_its_part_unsigned() -> None:
    pictures = sign_foreign(make_stream(WORDS), Ways(with_list=False))
    pictures[9] = without_seis(pictures[9])
    reading = read(pictures)
    assert letters(reading) == "....UUUU......._"
    assert [problem.kind for problem in reading.problems] == [ProblemKind.LOST_SIGNATURE]


def test_an_unsigned_message_counts_only_as_far_as_a_signed_one_covers_it() -> None:
    pictures = sign_foreign(make_stream("IPPP" * 5), Ways(signed_every=2))
    assert letters(read(pictures[:13])) == "........_____"[:13]
    assert letters(read(pictures[:9])) == "U" * 9


def test_an_altered_unsigned_message_takes_its_part_with_it() -> None:
    pictures = sign_foreign(make_stream(WORDS), Ways(signed_every=2))
    at = pictures[5].index(b"-----END CERTIFICATE")
    pictures[5] = pictures[5][:at] + b"+" + pictures[5][at + 1 :]
    assert letters(read(pictures))[:4] == "UUUU"


def test_a_hash_that_does_not_fit_a_right_list_is_named() -> None:
    reading = read(sign_foreign(make_stream(WORDS), Ways(stale_end=True)))
    assert letters(reading) == WHOLE
    assert [problem.kind for problem in reading.problems] == [ProblemKind.STALE_HASH]


def test_certificates_that_never_come_leave_everything_unsigned() -> None:
    reading = read(sign_foreign(make_stream(WORDS), Ways(certificates="none")))
    assert letters(reading) == "U" * 16
    assert {problem.kind for problem in reading.problems} == {ProblemKind.NO_KEY}


def test_the_first_message_with_escaped_hashes_has_the_byte_that_is_not_hashed() -> None:
    pictures = sign_foreign(make_stream(WORDS), Ways(flags=sei.HASHED_ESCAPED, with_list=False))
    assert layout(pictures).startswith("IPPPISP")
    assert b"\x00\x00\x03" + bytes((sei.SIGNATURE,)) in pictures[5]
    assert letters(read(pictures)) == WHOLE
