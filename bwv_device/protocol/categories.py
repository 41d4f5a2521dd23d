"""The list of categories that a wearer can choose from: `System/Categories.json`.

Who uses it: the client reads it once a day, the server serves it. A category that a bookmark
carries and that is not in the list is accepted: an undocked camera may hold an older list.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bwv_device.protocol.documents import first_problem, parse_json, to_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.metadata import check_value

FILE_MAX_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class Category:
    """A name for people, and an id that never changes."""

    name: str
    category_id: str


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str = Field(alias="Name")
    category_id: str = Field(alias="Id")


_ENTRIES = TypeAdapter(list[_Entry])

DEFAULT_CATEGORIES: tuple[Category, ...] = (
    Category("Uncategorised", "uncategorised"),
    Category("Non-evidential", "non-evidential"),
    Category("Evidential", "evidential"),
    Category("Stop and search", "stop-and-search"),
    Category("Use of force", "use-of-force"),
    Category("Domestic abuse", "domestic-abuse"),
    Category("Complaint", "complaint"),
    Category("Training", "training"),
)
"""When a destination has no list. Retention hangs on the category: what was never assessed
must not look non-evidential, so both are there."""


def parse_categories(body: bytes | str) -> tuple[Category, ...]:
    """Read the list; raises `ProtocolError` that names the entry."""
    document = parse_json(body, "list of categories", FILE_MAX_BYTES)
    try:
        entries = _ENTRIES.validate_python(document)
    except ValidationError as error:
        raise first_problem(error, "list of categories") from error
    return check_categories(Category(entry.name, entry.category_id) for entry in entries)


def categories_json(categories: tuple[Category, ...]) -> bytes:
    """The document, strict JSON."""
    return to_json([{"Name": item.name, "Id": item.category_id} for item in categories])


def check_categories(categories: Iterable[Category]) -> tuple[Category, ...]:
    """The categories if each has a name and an id of its own; raises `ProtocolError`."""
    seen: dict[str, Category] = {}
    for item in categories:
        check_value(ObjectKey.CATEGORY_NAME, item.name)
        check_value(ObjectKey.CATEGORY_ID, item.category_id)
        if not item.name or not item.category_id:
            raise ProtocolError("a category has no name or no id")
        if item.category_id in seen:
            raise ProtocolError(f"two categories have the id {item.category_id!r}")
        seen[item.category_id] = item
    return tuple(seen.values())
