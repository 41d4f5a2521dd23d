"""How records become rows of the journal, and rows become records again.

Who uses it: the journal.
"""

from collections.abc import Callable
from typing import Any

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.clip_account import ClipAccount
from bwv_device.protocol.pictures import Fact


def fields(record: Any) -> dict[str, Any]:
    """The columns of a dataclass, by name."""
    return {name: _column(getattr(record, name)) for name in record.__dataclass_fields__}


def _column(value: Any) -> Any:
    return value.to_json() if isinstance(value, Fact) else value


def pre_record(certificate: BufferCertificate) -> dict[str, Any]:
    """The columns that say in short what the certificate says."""
    short = certificate.short
    return {
        "pre_record_delivered_ns": certificate.delivered_ns,
        "pre_record_short_reason": None if short is None else str(short),
    }


def insert(table: str, values: dict[str, Any]) -> str:
    """The statement that enters these columns."""
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    return f"INSERT INTO {table} ({names}) VALUES ({places})"


_READERS: dict[str, Callable[[Any], Any]] = {
    "state": ClipState,
    "end_reason": EndReason,
    "certificate": BufferCertificate.model_validate_json,
    "account": ClipAccount.model_validate_json,
    "receipt_due": bool,
    "sealed": bool,
}


def clip_of(row: dict[str, Any]) -> Clip:
    """The clip in a row. Raises `StoreError` when the row is damaged."""
    try:
        read = {name: make(row[name]) for name, make in _READERS.items() if row[name] is not None}
    except ValueError as error:
        raise StoreError(
            f"the journal's entry of {row['file']} is damaged ({error}): run `bwv check`"
        ) from error
    return Clip(**{**row, **read})
