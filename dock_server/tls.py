"""TLS 1.3 with certificates of both sides, and the server's own certificate kept young.

Who uses it: `serve`, where the directory holds an authority. A client need not show a certificate,
or it could never enrol; one that it shows has to be our authority's, for clients, and in its time,
or the handshake fails. What a certificate may do is decided at each request.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence

from cryptography import x509

from bwv_device.evidence.identity.credential import pem, read_credential, write_file
from bwv_device.evidence.identity.errors import IdentityError
from dock_server.authority.authority import Authority, host_names, is_old

logger = logging.getLogger(__name__)

LOOK_S = 3600.0
"""How often a running server looks whether its certificate is old; it lives for weeks."""


class WatchedHandshake(ssl.SSLObject):
    """Says in the log why a client's certificate ended the handshake: nobody else would."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            logger.warning("refused a client's certificate: %s", error.verify_message)
            raise


class ServerTls:
    """The context that connections are accepted with; its certificate is renewed in place."""

    def __init__(self, authority: Authority, site_name: str, hosts: Sequence[str]) -> None:
        """Makes the server's certificate where there is none, or it is old, or for other hosts.

        Raises `OSError`.
        """
        self._authority = authority
        self._site_name = site_name
        self._hosts = hosts
        self.context = _context(authority)
        if not self._is_good():
            self._make()
        self.context.load_cert_chain(authority.files.server)

    def renew_if_old(self) -> bool:
        """A new certificate for new connections once half of the old one's life is over."""
        if self._is_good():
            return False
        self._make()
        self.context.load_cert_chain(self._authority.files.server)
        return True

    async def keep_young(self) -> None:
        """Look every `LOOK_S`, for as long as the server runs."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if await asyncio.to_thread(self.renew_if_old):
                    logger.info("the server has a new certificate")
            except OSError as error:
                logger.error("the server's certificate can't be renewed: %s", error)

    def _is_good(self) -> bool:
        try:
            leaf = read_credential(self._authority.files.server).leaf
            leaf.verify_directly_issued_by(self._authority.certificate)
            named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (FileNotFoundError, IdentityError, ValueError, x509.ExtensionNotFound):
            return False
        return list(named) == list(host_names(self._hosts)) and not is_old(
            leaf, self._authority.clock
        )

    def _make(self) -> None:
        made = self._authority.make_server(self._site_name, self._hosts)
        write_file(self._authority.files.server, made.to_pem())


def _context(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=pem(authority.certificate))
    # A resumed session would bring back a certificate without looking at its time again.
    context.num_tickets = 0
    context.sslobject_class = WatchedHandshake
    return context
