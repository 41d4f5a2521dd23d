"""A destination that wants sealed footage says so in its connection file, and keeps saying so."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dock_server.errors import StartError
from dock_server.seal_for import load_recipient
from dock_server.settings import Folders
from tests.support.dock_process import DockProcess
from tests.support.sealing import private_pem, public_pem


def test_the_key_is_given_once_and_stays(tmp_path: Path) -> None:
    folders, key = Folders(tmp_path), tmp_path / "evidence-2026.pem"
    assert load_recipient(folders, None) is None
    key.write_text(public_pem())
    given = load_recipient(folders, key)
    assert given is not None
    assert (given.public_key_pem, given.public_key_id) == (public_pem(), "evidence-2026")
    key.unlink()
    assert load_recipient(folders, None) == given
    other = rsa.generate_private_key(65537, 2048)
    key.write_text(public_pem(other))
    assert load_recipient(folders, key) == load_recipient(folders, None) != given


@pytest.mark.parametrize("content", [b"", b"x", private_pem(), None])
def test_a_file_that_is_no_public_key_is_refused(tmp_path: Path, content: bytes | None) -> None:
    key = tmp_path / "key.pem"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(StartError, match=r"key\.pem"):
        load_recipient(Folders(tmp_path), key)
    assert not Folders(tmp_path).seal_for.exists()


def test_a_key_that_was_damaged_is_no_reason_to_take_clear_footage(tmp_path: Path) -> None:
    Folders(tmp_path).seal_for.write_bytes(b"{}")
    with pytest.raises(StartError, match="damaged"):
        load_recipient(Folders(tmp_path), None)


def test_the_connection_file_of_a_server_asks_for_it_from_start_to_start(tmp_path: Path) -> None:
    key = tmp_path / "evidence.pem"
    key.write_text(public_pem())
    for options in (("--seal-for", str(key)), ()):
        server = DockProcess(tmp_path / "server", *options)
        server.start()
        try:
            said = server.connection()
        finally:
            server.stop()
        assert said.want_encryption and said.public_key_id == "evidence"
        assert said.public_key_pem() == public_pem()
