"""The connection file: where a destination is and how to get in, as the API defines it.

Who uses it: the client reads one, the server writes one. Attributes that the API does not
know are ignored. It holds a key: whoever writes it to disk gives it mode 0600.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_pascal

from bwv_device.protocol.documents import first_problem, parse_json, to_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.metadata import check_text
from bwv_device.protocol.names import ContainerType

FILE_MAX_BYTES = 64_000
URI_MAX_BYTES = 512
CERTIFICATE_MAX_BYTES = 16_000
BY_CERTIFICATE = "by-certificate"
"""Ours, in place of a key, which the format requires: the destination lets cameras in by their
certificates, and this file holds no secret."""


def _text(max_bytes: int, min_bytes: int = 0) -> AfterValidator:
    def check(value: str) -> str:
        size = len(check_text(value, "it").encode())
        if not min_bytes <= size <= max_bytes:
            raise ValueError(f"has {size} bytes, {min_bytes} to {max_bytes} are allowed")
        return value

    return AfterValidator(check)


def _uri(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http:// or https:// address")
    if parts.username or parts.password or parts.port == 0:
        raise ValueError("must not hold a user, a password or port 0")
    return value


def _pem(value: str) -> str:
    try:
        text = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not base64") from error
    if b"-----BEGIN " not in text:
        raise ValueError("is not the base64 of a PEM text")
    return value


Uri = Annotated[str, _text(URI_MAX_BYTES, 1), AfterValidator(_uri)]
Certificate = Annotated[str, _text(CERTIFICATE_MAX_BYTES, 1), AfterValidator(_pem)]


class ConnectionFile(BaseModel):
    """One destination. Limits are in bytes and come from the API's table."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    connection_file_version: Annotated[str, _text(16, 1)] = "1.0"
    site_name: Annotated[str, _text(64)]
    application_name: Annotated[str, _text(256)]
    application_version: Annotated[str, _text(128)]
    content_destination_as_ntp_server: bool = Field(False, alias="ContentDestinationAsNTPServer")
    """The API calls it required; its own example server leaves it out, so absent is false."""
    authentication_token_uri: list[Uri] = Field(
        alias="AuthenticationTokenURI", min_length=1, max_length=10
    )
    """Tried in this order."""
    https_certificate: list[Certificate] = Field([], alias="HTTPSCertificate", max_length=10)
    """Base64 of the PEM texts to trust; empty means plain HTTP."""
    blob_api_key: Annotated[str, _text(64, 1)] = Field(alias="BlobAPIKey", repr=False)
    blob_api_user_name: Annotated[str, _text(64, 1)] = Field(alias="BlobAPIUserName")
    container_type: ContainerType = Field(ContainerType.MKV, strict=False)
    full_store_and_read_support: bool = False
    """Everything is supported, capabilities need not be asked (plain Swift)."""
    want_encryption: bool = False
    public_key: Annotated[str, _text(2048, 1), AfterValidator(_pem)] | None = None
    public_key_id: Annotated[str, _text(128, 1)] | None = None
    receipt_certificate: list[Certificate] = Field([], max_length=10)
    """Ours: base64 of the PEM texts of the anchors of the destination's receipts. Who hands out
    this file says by it whose signature frees footage."""

    @model_validator(mode="after")
    def _encryption_is_whole(self) -> "ConnectionFile":
        if self.want_encryption and self.public_key is None:
            raise ValueError("WantEncryption is true, PublicKey is missing")
        return self

    def to_json(self) -> bytes:
        """The file's content, with the API's attribute names."""
        return to_json(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    @property
    def by_certificate(self) -> bool:
        """Whether the destination lets a camera in by its certificate, and by no key."""
        return self.blob_api_key == BY_CERTIFICATE

    def public_key_pem(self) -> str | None:
        """The PEM text of the key that content is sealed for, decoded."""
        if self.public_key is None:
            return None
        return base64.b64decode(self.public_key).decode("ascii", "replace")

    def certificates_pem(self) -> list[str]:
        """The PEM texts to trust, decoded."""
        return _pem_texts(self.https_certificate)

    def receipt_certificates_pem(self) -> list[str]:
        """The PEM texts of the anchors of receipts, decoded."""
        return _pem_texts(self.receipt_certificate)


def _pem_texts(certificates: list[str]) -> list[str]:
    return [base64.b64decode(text).decode("ascii", "replace") for text in certificates]


def parse_connection_file(body: bytes | str) -> ConnectionFile:
    """Read a connection file; raises `ProtocolError` that names the attribute."""
    document = parse_json(body, "connection file", FILE_MAX_BYTES)
    if not isinstance(document, dict):
        raise ProtocolError("the connection file is not a JSON object")
    try:
        return ConnectionFile.model_validate(_lists(document))
    except ValidationError as error:
        raise first_problem(error, "connection file") from error


def build_connection_file(
    *,
    uris: list[str],
    user_name: str,
    key: str,
    site_name: str,
    application: tuple[str, str],
    container_type: ContainerType = ContainerType.MP4,
    certificates_pem: Sequence[str] = (),
    receipt_anchors_pem: Sequence[str] = (),
    seal_for: tuple[str, str] | None = None,
) -> ConnectionFile:
    """A connection file; `application` is the destination's name and version,
    `receipt_anchors_pem` are the certificates that stand behind its receipts, `seal_for` the PEM
    text of the public key that content is to be sealed for, and the key's name. Without
    `certificates_pem`, which are trusted for connections, it is one of plain HTTP.

    Raises `ProtocolError` that names the attribute which is over its limit.
    """
    attributes: dict[str, Any] = {
        "SiteName": site_name,
        "ApplicationName": application[0],
        "ApplicationVersion": application[1],
        "AuthenticationTokenURI": uris,
        "BlobAPIUserName": user_name,
        "BlobAPIKey": key,
        "ContainerType": container_type,
        "HTTPSCertificate": [base64.b64encode(one.encode()).decode() for one in certificates_pem],
        "ReceiptCertificate": [
            base64.b64encode(text.encode()).decode("ascii") for text in receipt_anchors_pem
        ],
    }
    if seal_for is not None:
        key_pem, key_id = seal_for
        attributes["WantEncryption"] = True
        attributes["PublicKey"] = base64.b64encode(key_pem.encode()).decode("ascii")
        attributes["PublicKeyId"] = key_id
    return parse_connection_file(to_json(attributes))


def check_succession(old: ConnectionFile, new: ConnectionFile) -> None:
    """Check that a device bound by `old` may go on with `new`; raises `ProtocolError`.

    The file format never changes; full support and encryption can be turned on, never off.
    """
    if new.container_type is not old.container_type:
        raise ProtocolError("the connection file changes ContainerType, which is fixed for good")
    once_true: tuple[Literal["full_store_and_read_support", "want_encryption"], ...] = (
        "full_store_and_read_support",
        "want_encryption",
    )
    for attribute in once_true:
        if getattr(old, attribute) and not getattr(new, attribute):
            raise ProtocolError(f"the connection file turns {to_pascal(attribute)} off")


def _lists(document: dict[str, Any]) -> dict[str, Any]:
    """A single address or certificate is read as a list of one, as other writers give it."""
    names = ("AuthenticationTokenURI", "HTTPSCertificate", "ReceiptCertificate")
    singles = {name: [document[name]] for name in names if isinstance(document.get(name), str)}
    return document | singles
