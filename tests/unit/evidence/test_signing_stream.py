"""Streams that are signed and read again: where signatures go, and what is said of each act."""

import pytest

from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing.reading import PictureState, ProblemKind, StreamReading
from bwv_device.evidence.media_signing.stream_signer import MOST_WAITING, StreamSigner
from tests.support.signed_streams import (
    VENDOR,
    alter,
    capture_ns,
    layout,
    letters,
    make_stream,
    make_stream_signer,
    read,
    seis,
    sign,
    signed,
    without_seis,
)
from tests.support.signing_keys import make_signer, the_root, the_signer


def kinds(reading: StreamReading) -> list[ProblemKind]:
    return [problem.kind for problem in reading.problems]


def is_clean(reading: StreamReading) -> bool:
    """Whether a reading says nothing but good, save of the last picture."""
    return not reading.missing and not reading.problems and reading.parts_before == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("IPPIPPIPP", "IPPISPPISPSP"),
        ("IPPIPPI", "IPPISPPSI"),
        ("IPPIIPP", "IPPISISPSP"),
        ("IIII", "IISISSI"),
        ("IP", "ISP"),
        ("II", "ISI"),
        ("IiPpPpIiPp", "IiPpPpIiSSPp"),
    ],
)
def test_a_signature_stands_in_the_second_picture_of_the_next_group(
    words: str, expected: str
) -> None:
    pictures = signed(words)
    assert layout(pictures) == expected
    reading = read(pictures)
    count = sum(letter.isupper() for letter in words)
    assert letters(reading) == "." * (count - 1) + "_"
    assert is_clean(reading)


def test_a_part_ends_behind_so_many_pictures_also_inside_a_group() -> None:
    pictures = signed("IPPPPPPIPP", part_pictures=3)
    assert layout(pictures) == "IPPSPPPSPISPSP"
    assert letters(read(pictures)) == "........._"
    assert is_clean(read(pictures))


def test_a_part_ends_before_its_list_gets_too_long() -> None:
    words = "I" + "i" * 299 + ("P" + "p" * 299) * 3
    pictures = signed(words)
    assert layout(pictures).replace("i", "").replace("p", "") == "IPSPSP"
    assert letters(read(pictures)) == "..._"


def test_a_picture_of_more_slices_than_a_list_may_have_is_signed_without_one() -> None:
    pictures = signed("I" + "i" * 700 + "PP")
    assert letters(read(pictures)) == ".._"
    assert is_clean(read(pictures))
    assert letters(read([alter(pictures[0]), *pictures[1:]])) == "N._"


def test_a_stream_of_one_picture_has_no_signature() -> None:
    pictures = signed("I")
    assert layout(pictures) == "I"
    assert not read(pictures).is_signed
    assert letters(read(pictures)) == "U"


def test_a_stream_begins_with_an_idr_picture() -> None:
    with pytest.raises(SigningError, match="begins with an IDR picture"):
        make_stream_signer().add(make_stream("P")[0], capture_ns(0))


def test_a_reading_says_who_signed_and_when() -> None:
    reading = read(signed("IPPIPP"))
    assert reading.chain_pem == the_signer().certificate_chain_pem
    assert reading.vendor == VENDOR
    assert (reading.from_utc_ns, reading.to_utc_ns) == (capture_ns(0), capture_ns(5))
    assert (reading.valid_signatures, reading.seis) == (2, 2)


def test_the_signer_says_how_much_it_has_added_and_may_still_add() -> None:
    by, added, bound = make_stream_signer(), 0, 0
    pictures = make_stream("IPPPP" * 12)
    for number, picture in enumerate(pictures[:-1]):
        added += len(by.add(picture, capture_ns(number))) - len(picture)
        assert by.signed_bytes == added
    bound = by.signed_bytes + by.most_to_come_bytes
    by.add_last(pictures[-1], capture_ns(len(pictures)))
    assert added < by.signed_bytes <= bound


# What was done to a stream, and what is said of it. `IPPPIPPPIPPPIPPP`, one part a group:
# signatures of a group stand in the second picture of the next one.

WORDS = "IPPP" * 4
WHOLE = "." * 15 + "_"


def group(number: int) -> slice:
    """The pictures of a group."""
    return slice(4 * number, 4 * number + 4)


def test_what_was_not_touched_is_authentic() -> None:
    reading = read(signed(WORDS))
    assert letters(reading) == WHOLE
    assert is_clean(reading)


@pytest.mark.parametrize("number", range(15))
def test_an_altered_picture_is_named_and_no_other(number: int) -> None:
    pictures = signed(WORDS)
    pictures[number] = alter(pictures[number])
    reading = read(pictures)
    assert letters(reading) == WHOLE[:number] + "N" + WHOLE[number + 1 :]
    assert not reading.missing
    assert not reading.problems


def test_an_altered_last_picture_is_not_covered_as_before() -> None:
    pictures = signed(WORDS)
    pictures[-1] = alter(pictures[-1])
    assert letters(read(pictures)) == WHOLE


@pytest.mark.parametrize("number", [0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14])
def test_a_picture_that_was_taken_out_is_missing_at_its_place(number: int) -> None:
    pictures = signed(WORDS)
    # A picture that carries a signature leaves it behind, with whoever does it carefully.
    held = seis(pictures[number])
    del pictures[number]
    pictures[number] = held + pictures[number]
    reading = read(pictures)
    assert letters(reading) == "." * 14 + "_"
    (missing,) = reading.missing
    assert (missing.before_picture, missing.units) == (number, 1)
    assert missing.from_utc_ns <= capture_ns(number) < missing.to_utc_ns


def test_a_doubled_picture_behind_the_last_covered_one_is_not_covered() -> None:
    pictures = signed(WORDS)
    pictures.insert(15, without_seis(pictures[14]))
    assert letters(read(pictures)) == "." * 15 + "__"


@pytest.mark.parametrize("number", range(14))
def test_a_doubled_picture_is_one_that_nobody_signed(number: int) -> None:
    pictures = signed(WORDS)
    pictures.insert(number + 1, without_seis(pictures[number]))
    reading = read(pictures)
    assert letters(reading).count("A") == 1
    assert letters(reading)[number : number + 2].count("A") == 1
    assert not reading.missing


@pytest.mark.parametrize("number", [1, 2, 5, 6, 9, 13])
def test_two_swapped_pictures_are_seen(number: int) -> None:
    plain = make_stream(WORDS)
    pictures = signed(WORDS)
    first, second = pictures[number], pictures[number + 1]
    pictures[number] = seis(first) + without_seis(second)
    pictures[number + 1] = seis(second) + without_seis(first)
    assert plain[number] in pictures[number + 1]
    reading = read(pictures)
    around = letters(reading)[number : number + 2]
    assert "A" in around or "N" in around
    assert letters(reading)[:number] + letters(reading)[number + 2 :] == "." * 13 + "_"


def test_a_part_that_was_made_anew_is_altered_and_no_other() -> None:
    pictures, other = signed(WORDS), make_stream(WORDS, seed=2)
    for number in range(4, 8):
        pictures[number] = seis(pictures[number]) + other[number]
    assert letters(read(pictures)) == "....NNNN......._"


def test_a_group_that_was_taken_out_is_missing_and_its_neighbour_unsigned() -> None:
    pictures = signed(WORDS)
    del pictures[group(1)]
    reading = read(pictures)
    # The signature of the first group stood in the second one, and the stream might be a cut.
    assert letters(reading) == "UUUU......._"
    assert reading.parts_before == 2
    assert not reading.missing


def test_a_later_group_that_was_taken_out_is_missing() -> None:
    pictures = signed(WORDS)
    del pictures[group(2)]
    reading = read(pictures)
    assert letters(reading) == "....UUUU..._"
    assert kinds(reading) == [ProblemKind.LOST_SIGNATURE]
    (missing,) = reading.missing
    assert (missing.before_picture, missing.units) == (8, 4)


def test_a_group_that_was_taken_out_and_left_its_signature_is_missing() -> None:
    pictures = signed(WORDS)
    held = seis(pictures[5])
    del pictures[group(1)]
    pictures[5] = held + pictures[5]
    reading = read(pictures)
    assert letters(reading) == "." * 11 + "_"
    (missing,) = reading.missing
    assert (missing.before_picture, missing.units) == (4, 4)


def test_a_doubled_group_is_one_that_nobody_signed() -> None:
    pictures = signed(WORDS)
    pictures[8:8] = pictures[group(1)]
    reading = read(pictures)
    assert letters(reading) == "........AAAA......._"
    assert kinds(reading) == [ProblemKind.REPEATED_SIGNATURE]


def test_two_swapped_groups_are_seen() -> None:
    pictures = signed(WORDS)
    pictures[group(1)], pictures[group(2)] = pictures[group(2)], pictures[group(1)]
    reading = read(pictures)
    assert letters(reading) != WHOLE
    assert ProblemKind.REPEATED_SIGNATURE in kinds(reading)


def test_a_group_of_another_clip_of_the_same_camera_is_seen() -> None:
    pictures, other = signed(WORDS), signed(WORDS, seed=2)
    # Each signature stays with the group that it speaks of.
    taken = [without_seis(picture) for picture in other[group(2)]]
    taken[1] = seis(pictures[9]) + taken[1]
    pictures[group(2)] = taken
    pictures[13] = seis(other[13]) + without_seis(pictures[13])
    reading = read(pictures)
    assert kinds(reading) == [ProblemKind.BROKEN_LINK, ProblemKind.BROKEN_LINK]
    # Which of the two sides of a joint is the wrong one, nobody can say.
    assert letters(reading) == "........NNNNNNN_"


@pytest.mark.parametrize("first", [0, 4])
def test_a_stream_that_was_encoded_anew_and_kept_its_signatures_is_altered(first: int) -> None:
    pictures, other = signed(WORDS), make_stream(WORDS, seed=2)
    anew = [seis(old) + new for old, new in zip(pictures, other, strict=True)]
    reading = read(anew[first:])
    assert letters(reading)[4 - first : 15 - first] == "N" * 11
    assert not reading.authentic_pictures


def test_a_signature_that_was_taken_out_leaves_its_part_unsigned() -> None:
    pictures = signed(WORDS)
    pictures[9] = without_seis(pictures[9])
    reading = read(pictures)
    assert letters(reading) == "....UUUU......._"
    assert kinds(reading) == [ProblemKind.LOST_SIGNATURE]
    assert not reading.missing


def test_a_signature_that_was_altered_leaves_its_part_unsigned() -> None:
    pictures = signed(WORDS)
    at = pictures[9].index(b"Test & Sons")
    pictures[9] = pictures[9][:at] + b"T" + b"o" + pictures[9][at + 2 :]
    reading = read(pictures)
    assert letters(reading) == "....UUUU......._"
    assert kinds(reading) == [ProblemKind.BAD_SIGNATURE, ProblemKind.LOST_SIGNATURE]


def test_two_swapped_signatures_are_seen() -> None:
    pictures = signed(WORDS)
    first, second = pictures[5], pictures[9]
    pictures[5] = seis(second) + without_seis(first)
    pictures[9] = seis(first) + without_seis(second)
    reading = read(pictures)
    assert letters(reading) != WHOLE
    assert ProblemKind.REPEATED_SIGNATURE in kinds(reading)


def test_all_signatures_taken_out_is_unsigned() -> None:
    reading = read(map(without_seis, signed(WORDS)))
    assert not reading.is_signed
    assert letters(reading) == "U" * 16
    assert reading.chain_pem is None


def test_a_cut_tail_is_not_covered() -> None:
    pictures = signed(WORDS)[:11]
    reading = read(pictures)
    assert letters(reading) == "........___"
    assert is_clean(reading)


def test_a_head_that_was_cut_off_at_an_idr_picture_is_no_alteration() -> None:
    reading = read(signed(WORDS)[4:])
    assert letters(reading) == "." * 11 + "_"
    assert not reading.missing
    assert not reading.problems
    assert reading.parts_before == 1


def test_a_head_that_was_cut_off_elsewhere_misses_its_idr_picture() -> None:
    reading = read(signed(WORDS)[6:])
    assert letters(reading) == "." * 9 + "_"
    (missing,) = reading.missing
    assert (missing.before_picture, missing.units) == (0, 2)


def test_only_the_first_group_is_unsigned() -> None:
    assert letters(read(signed(WORDS)[:5])) == "UUUUU"


def test_signed_again_by_another_key_in_the_middle_is_seen() -> None:
    pictures = signed(WORDS)
    plain = make_stream(WORDS)
    other = sign(plain, make_stream_signer(make_signer(the_root(), "other")))
    pictures[8:] = other[8:]
    reading = read(pictures)
    assert ProblemKind.OTHER_SIGNER in kinds(reading)
    assert letters(reading)[4:15] != "." * 11
    assert reading.chain_pem == the_signer().certificate_chain_pem


@pytest.mark.parametrize("place", [40, 200, 400])
def test_a_byte_of_a_certificate_changed_in_a_later_signature_is_no_other_signer(
    place: int,
) -> None:
    pictures = signed(WORDS)
    marker = b"BEGIN CERTIFICATE"
    index = next(index for index in range(8, len(pictures)) if marker in pictures[index])
    changed = bytearray(pictures[index])
    changed[changed.index(marker) + place] ^= 1
    pictures[index] = bytes(changed)
    found = kinds(read(pictures))
    assert ProblemKind.OTHER_SIGNER not in found
    assert {ProblemKind.BAD_SIGNATURE, ProblemKind.BAD_CERTIFICATES} & set(found)


def test_a_whole_stream_signed_by_another_key_names_that_key() -> None:
    other = make_signer(the_root(), "other")
    reading = read(sign(make_stream(WORDS), make_stream_signer(other)))
    assert reading.chain_pem == other.certificate_chain_pem
    assert is_clean(reading)


class FailingSigner:
    """Fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.certificate_chain_pem = the_signer().certificate_chain_pem
        self.failures = failures

    def sign(self, digest: bytes) -> bytes:
        if self.failures > 0:
            self.failures -= 1
            raise SigningError("the token is gone")
        return the_signer().sign(digest)


def test_a_signer_that_fails_for_a_while_signs_later_what_had_to_wait() -> None:
    by = make_stream_signer(FailingSigner(2))
    pictures = sign(make_stream(WORDS), by)
    assert layout(pictures) == "IPPPIPPPIPPPISSSPPSP"
    assert letters(read(pictures)) == WHOLE
    assert is_clean(read(pictures))
    assert by.unsigned_parts == 0


def test_a_signer_that_fails_ends_nothing_and_is_told() -> None:
    by = make_stream_signer(FailingSigner(10_000))
    pictures = make_stream(WORDS)
    assert sign(pictures, by) == pictures
    assert by.unsigned_parts == 4


def test_what_waits_for_a_signer_is_bounded_and_all_of_it_counted() -> None:
    signer = FailingSigner(MOST_WAITING + 5)
    by = StreamSigner(signer, VENDOR)
    pictures = make_stream("IP" * (MOST_WAITING + 10))
    reading = read(sign(pictures, by))
    assert by.unsigned_parts == 5
    assert letters(reading)[:10] == "U" * 10
    assert letters(reading)[10:] == "." * (len(pictures) - 11) + "_"
    assert reading.parts_before == 5


def test_states_are_the_worst_of_a_pictures_slices() -> None:
    pictures = signed("IiPpPpIiPpPp")
    pictures[2] = alter(pictures[2])
    reading = read(pictures)
    assert letters(reading) == "..N.._"
    assert reading.first(PictureState.ALTERED) == 2
    assert (reading.authentic_pictures, reading.not_covered_pictures) == (4, 1)
