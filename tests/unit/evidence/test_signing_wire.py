"""The wire format: its bytes, its limits, and that nonsense is refused without a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.evidence.media_signing import nal_units, sei, values
from bwv_device.evidence.media_signing.errors import SeiFormatError
from bwv_device.evidence.media_signing.signing_time import to_ticks, to_utc_ns
from tests.support.signed_streams import letters, read, seis, signed

GENERAL = values.General(True, 1, 2, 3, 4, b"g" * 32, b"l" * 32)
patient = settings(deadline=None, max_examples=300)


def one_sei() -> bytes:
    """The second SEI of a stream, with everything in it."""
    return nal_units.split_annex_b(seis(signed("IPPIPP")[4]))[0]


def test_the_sizes_are_those_of_the_standard() -> None:
    assert len(GENERAL.to_bytes()) == 2 * 32 + 27
    assert len(values.crypto_info_bytes()) == 16
    assert len(values.signature_bytes(b"s" * 70, 72)) == 75
    assert len(values.hash_list_bytes([b"h" * 32] * 3)) == 97
    assert values.Vendor("ab", "c", "").to_bytes() == b"\x01\x02ab\x01c\x00"


def test_the_values_are_read_as_they_were_written() -> None:
    assert values.General.read(GENERAL.to_bytes()) == GENERAL
    vendor = values.Vendor("1.0", "BWV-1", "Ä" * 200)
    assert values.Vendor.read(vendor.to_bytes()).serial == "BWV-1"
    assert values.read_hash_list(values.hash_list_bytes([b"h" * 32]), 32) == (b"h" * 32,)
    assert values.read_signature(values.signature_bytes(b"s" * 70, 72)) == b"s" * 70
    assert values.read_crypto_info(values.crypto_info_bytes()) == "sha256"
    assert values.read_certificates(values.certificates_bytes("PEM")) == "PEM"


def test_the_first_version_of_general_ends_when_it_starts() -> None:
    data = GENERAL.to_bytes()
    first = b"\x01" + data[1:13] + data[21:]
    assert len(first) == 83
    read_back = values.General.read(first)
    assert (read_back.start_ticks, read_back.end_ticks) == (1, 1)


@pytest.mark.parametrize(
    ("read_value", "data"),
    [
        (values.General.read, b""),
        (values.General.read, b"\x03" + GENERAL.to_bytes()[1:]),
        (values.General.read, GENERAL.to_bytes()[:-1]),
        (values.General.read, GENERAL.to_bytes() + b"x" * 66),
        (values.Vendor.read, b"\x01\x05ab"),
        (values.Vendor.read, b"\x01\x00\x00\x00x"),
        (values.read_signature, b"\x01\x00\x09short"),
        (values.read_crypto_info, b"\x01\x02\x06\x09"),
        (values.read_certificates, b"\x01\x00\xff"),
        (lambda data: values.read_hash_list(data, 32), b"\x01" + b"h" * 33),
    ],
)
def test_values_that_have_not_their_form_are_refused(read_value: object, data: bytes) -> None:
    assert callable(read_value)
    with pytest.raises(SeiFormatError):
        read_value(data)


def test_time_counts_steps_of_100_ns_since_1601() -> None:
    assert to_ticks(0) == 116_444_736_000_000_000
    assert to_utc_ns(to_ticks(1_795_000_000_123_456_700)) == 1_795_000_000_123_456_700


@patient
@given(st.lists(st.integers(0, 4), max_size=60).map(bytes))
def test_escaping_hides_start_codes_and_is_undone(data: bytes) -> None:
    unit = b"\x06" + data + b"\x80"
    escaped = nal_units.escape(unit)
    assert nal_units.unescape(escaped) == unit
    assert not any(bytes((0, 0, last)) in escaped for last in range(3))


@patient
@given(st.lists(st.integers(0, 4), max_size=40).map(bytes), st.integers(1, 40))
def test_the_length_of_the_beginning_of_an_escaped_unit(data: bytes, size: int) -> None:
    unit = b"\x06" + data + b"\x80"
    plain_bytes = min(size, len(unit))
    escaped = nal_units.escape(unit)
    assert (
        nal_units.escape(unit[:plain_bytes])
        == escaped[: nal_units.escaped_length(escaped, plain_bytes)]
    )


def test_units_are_cut_at_start_codes_and_lengths_alike() -> None:
    units = [b"\x67abc", b"\x65\x88x", b"\x41\x9a\x00\x00\x03\x01"]
    annex_b = b"\x00\x00\x01".join([b"", *units]) + b"\x00\x00"
    lengths = b"".join(len(unit).to_bytes(4) + unit for unit in units)
    assert nal_units.split_annex_b(annex_b) == units
    assert nal_units.split_lengths(lengths) == units


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x01", b"nothing"])
def test_bytes_without_a_unit_are_no_picture(data: bytes) -> None:
    with pytest.raises(SeiFormatError):
        nal_units.split_annex_b(data)


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x05abc", b"\x00\x00\x00\x00", b"\x00\x00"])
def test_lengths_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(SeiFormatError):
        nal_units.split_lengths(data)


@pytest.mark.parametrize("code", [b"\x00\x00\x01", b"\x00\x00\x00\x01"])
def test_a_sei_goes_before_the_first_slice_and_behind_everything_else(code: bytes) -> None:
    before = code + b"\x09\xf0" + code + b"\x67abc"
    assert nal_units.before_first_slice(before + code + b"\x65\x88x") == len(before)
    assert nal_units.before_first_slice(before) == len(before)


def test_a_sei_names_its_parts() -> None:
    read_back = sei.read_sei(one_sei())
    assert read_back.general is not None
    assert read_back.general.counter == 1
    assert len(read_back.hashes) == read_back.general.units == 3
    assert read_back.digest == "sha256"
    assert not read_back.is_certificate


@pytest.mark.parametrize(
    "tlvs",
    [
        b"",
        sei.tlv(9, b"x"),
        sei.tlv(sei.GENERAL, GENERAL.to_bytes()) * 2,
        sei.tlv(sei.SIGNATURE, values.signature_bytes(b"s", 1))
        + sei.tlv(sei.GENERAL, GENERAL.to_bytes()),
        sei.tlv(sei.GENERAL, GENERAL.to_bytes()) + b"\x02\xff",
    ],
)
def test_a_sei_that_has_not_its_form_is_refused_and_named(tlvs: bytes) -> None:
    unit = nal_units.escape(sei.document(tlvs, 0) + sei.STOP)
    assert sei.is_signing(unit)
    with pytest.raises(SeiFormatError):
        sei.read_sei(unit)


@patient
@given(st.data())
def test_a_sei_of_any_bytes_is_read_or_refused(data: st.DataObject) -> None:
    whole = one_sei()
    unit = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        unit[data.draw(st.integers(2, len(unit) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(unit[: data.draw(st.integers(2, len(unit)))])
    if sei.is_signing(cut):
        try:
            sei.read_sei(cut)
        except SeiFormatError as error:
            assert str(error)
    picture = nal_units.START_CODE + cut + nal_units.START_CODE + b"\x65\x88x"
    assert letters(read([picture])) in ("U", "_", "N")


@patient
@given(st.binary(max_size=400))
def test_any_payload_behind_the_name_is_read_or_refused(payload: bytes) -> None:
    unit = b"\x06\x05" + bytes((min(254, 17 + len(payload)),)) + sei.UUID + b"\x00" + payload
    assert sei.is_signing(unit)
    with pytest.raises(SeiFormatError):
        sei.read_sei(unit + b"\x80" if payload else unit)
