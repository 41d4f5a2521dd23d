"""Who signed, and whether anybody whom the verifier trusts stands behind it.

Who uses it: every check of something signed. Two times are looked at, that of the signature and
today, because footage is kept longer than certificates live, and a camera's clock may be wrong.
"""

from collections.abc import Iterator, Sequence

from cryptography import x509

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.own_root import is_own_root
from bwv_device.evidence.identity.trust import check_path, check_time, role_of
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Finding
from bwv_device.protocol.roles import Role

Chain = Sequence[x509.Certificate]


def signer_findings(
    source: Source, chain: Chain, trust: Trust, signed_utc_ns: int, role: Role | None = None
) -> Iterator[Finding]:
    """Findings about the signer of something: `chain` is leaf first, without the anchor; `role`
    is whom the leaf has to belong to, None where nobody knows."""
    name = signer_name(chain[0])
    if not trust.anchors:
        yield Finding(source, Fact.SIGNER_UNVOUCHED, detail=name)
        return
    try:
        anchor = check_path(chain, trust.anchors)
    except IdentityError as error:
        yield Finding(source, Fact.SIGNER_STRANGER, detail=f"{name}: {error}")
        return
    yield from _role_findings(source, chain[0], role)
    path = (*chain, anchor)
    yield _time_finding(source, path, trust, signed_utc_ns)
    yield from _revocation_findings(source, path, trust, signed_utc_ns)


def signer_name(leaf: x509.Certificate) -> str:
    """Whom a certificate names, in words: the role, else the subject."""
    try:
        return str(role_of(leaf))
    except IdentityError:
        return leaf.subject.rfc4514_string()


def _anchor_name(anchor: x509.Certificate) -> str:
    name = anchor.subject.rfc4514_string()
    if is_own_root(anchor):
        return f"nobody but itself ({name}: it was never enrolled)"
    return name


def _role_findings(source: Source, leaf: x509.Certificate, role: Role | None) -> Iterator[Finding]:
    if role is None:
        return
    try:
        found = role_of(leaf)
    except IdentityError as error:
        yield Finding(source, Fact.SIGNER_OTHER_DEVICE, detail=f"{error}; it should be {role}")
        return
    if found != role:
        yield Finding(source, Fact.SIGNER_OTHER_DEVICE, detail=f"{found} instead of {role}")


def _time_finding(source: Source, path: Chain, trust: Trust, signed_utc_ns: int) -> Finding:
    then, now = _time_problem(path, signed_utc_ns), _time_problem(path, trust.now_utc_ns)
    names = f"{signer_name(path[0])}, vouched for by {_anchor_name(path[-1])}"
    if then is None and now is None:
        return Finding(source, Fact.SIGNER, detail=names)
    if then is None:
        return Finding(source, Fact.SIGNER_EXPIRED, detail=f"{names}; {now}")
    if now is None:
        # Certificates are made for new keys: it was signed while this one counted, whatever
        # the camera's clock said.
        return Finding(source, Fact.SIGNING_TIME_ODD, detail=f"{names}; {then}")
    return Finding(source, Fact.SIGNER_NOT_VALID_THEN, detail=f"{names}; {then}")


def _time_problem(path: Chain, at_utc_ns: int) -> str | None:
    try:
        for certificate in path:
            check_time(certificate, at_utc_ns)
    except (IdentityError, OverflowError) as error:
        return str(error)
    return None


def _revocation_findings(
    source: Source, path: Chain, trust: Trust, signed_utc_ns: int
) -> Iterator[Finding]:
    for certificate in path:
        since_utc_ns = trust.revoked_utc_ns.get(certificate.serial_number)
        if since_utc_ns is None:
            continue
        fact = Fact.SIGNER_REVOKED
        if signed_utc_ns < since_utc_ns:
            fact = Fact.SIGNER_REVOKED_LATER
        yield Finding(source, fact, detail=signer_name(certificate))
