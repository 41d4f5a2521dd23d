"""Where the key is that signs: the `[signing]` table."""

from typing import Self

from pydantic import Field, model_validator

from bwv_device.configuration.section import OptionalPath, Section


class Signing(Section):
    """A key on a token signs (a secure element, an HSM), by PKCS#11. Empty, all of it: the key that
    the camera made or was enrolled with, in its store."""

    module: OptionalPath = Field(
        default=None,
        description="Library of the token's PKCS#11 module, an absolute path. Needs the package "
        "python-pkcs11.",
    )
    token: str = Field(default="", max_length=32, description="Label of the token.")
    key: str = Field(
        default="",
        max_length=64,
        description="Label of the private key on the token; it is one on P-256.",
    )
    pin_file: OptionalPath = Field(
        default=None,
        description="File that holds the user's PIN, and that nobody else may read.",
    )
    certificates: OptionalPath = Field(
        default=None,
        description="PEM file with the certificate of that key, and those between it and the "
        "anchor, in this order; the anchor left out.",
    )

    @property
    def on_token(self) -> bool:
        """Whether a token signs."""
        return self.module is not None

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        given = [bool(getattr(self, name)) for name in type(self).model_fields]
        if any(given) and not all(given):
            raise ValueError("module, token, key, pin_file and certificates belong together")
        return self
