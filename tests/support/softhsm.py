"""A token for tests: SoftHSM with a store of its own, one key on P-256, and its certificate.

Used by tests of signing with a token; they need `softhsm2` of tests/needs.py.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, MechanismFlag
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from bwv_device.configuration.signing import Signing
from tests.needs import softhsm_module
from tests.support.signing_keys import pem, the_root

TOKEN, KEY, PIN = "bwv", "signing", "648219"
CONFIG_VARIABLE = "SOFTHSM2_CONF"


@dataclass(frozen=True)
class SoftToken:
    """What a configuration has to say of it."""

    signing: Signing
    environment: dict[str, str]

    @property
    def chain_pem(self) -> str:
        assert self.signing.certificates is not None
        return self.signing.certificates.read_text(encoding="ascii")


def make_token(folder: Path) -> SoftToken:
    """A new token in `folder`. SoftHSM finds it by the environment, which is set here."""
    module = softhsm_module()
    assert module is not None
    config, tokens = folder / "softhsm2.conf", folder / "tokens"
    tokens.mkdir()
    config.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n", encoding="ascii")
    os.environ[CONFIG_VARIABLE] = str(config)
    _initialise()
    leaf = the_root().issue(_generate(module), "BWV-TOKEN-1")
    (folder / "chain.pem").write_text(pem(leaf), encoding="ascii")
    (folder / "pin").touch(mode=0o600)
    (folder / "pin").write_text(PIN + "\n", encoding="ascii")
    signing = Signing(
        module=module,
        token=TOKEN,
        key=KEY,
        pin_file=folder / "pin",
        certificates=folder / "chain.pem",
    )
    return SoftToken(signing, {CONFIG_VARIABLE: str(config)})


def _initialise() -> None:
    labels = ("--label", TOKEN, "--pin", PIN, "--so-pin", "12345678")
    command = ["softhsm2-util", "--init-token", "--free", *labels]
    subprocess.run(command, check=True, capture_output=True)


def _generate(module: Path) -> ec.EllipticCurvePublicKey:
    library = pkcs11.lib(str(module))
    library.reinitialize()
    with library.get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
        parameters = session.create_domain_parameters(
            KeyType.EC,
            {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
            local=True,
        )
        public, _private = parameters.generate_keypair(
            store=True, label=KEY, capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY
        )
        found = load_der_public_key(encode_ec_public_key(public))
    assert isinstance(found, ec.EllipticCurvePublicKey)
    return found
