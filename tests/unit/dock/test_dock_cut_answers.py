"""Answers that end before their time are faults of the network, never something that was said."""

import socket
import threading
from collections.abc import Iterator

import pytest

from bwv_device.dock.errors import AnswerError, NetworkError
from bwv_device.dock.http import ANSWER_MAX_BYTES, Http
from bwv_device.dock.stop import Stop

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Object-Meta-Connectionid: 4711\r\n\r\nbody"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http([], Stop())
    yield made
    made.close()


def url_of_one_answer(answer: bytes) -> str:
    """The address of a server that sends these bytes once and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_an_answer_cut_off_anywhere_is_a_network_error(http: Http, end: int) -> None:
    with pytest.raises(NetworkError):
        http.send("GET", url_of_one_answer(WHOLE[:end]), {})


@pytest.mark.parametrize("end", range(CHUNKED.index(b"\r\n\r\n") + 4, CHUNKED.index(b"0\r\n")))
def test_a_body_in_chunks_cut_off_anywhere_is_a_network_error(http: Http, end: int) -> None:
    with pytest.raises(NetworkError):
        http.send("GET", url_of_one_answer(CHUNKED[:end]), {})


@pytest.mark.parametrize("end", range(WHOLE.index(b"\r\n\r\n") + 4))
def test_the_headers_of_a_look_cut_off_anywhere_prove_nothing(http: Http, end: int) -> None:
    with pytest.raises(NetworkError):
        http.send("HEAD", url_of_one_answer(WHOLE[:end]), {})


@pytest.mark.parametrize(
    ("method", "answer", "body"),
    [
        ("GET", WHOLE, b"body"),
        ("GET", CHUNKED, b"body"),
        ("HEAD", WHOLE[:-4], b""),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, b"body"),
    ],
)
def test_a_whole_answer_is_one(http: Http, method: str, answer: bytes, body: bytes) -> None:
    assert http.send(method, url_of_one_answer(answer), {}).body == body


def test_an_answer_without_end_is_refused(http: Http) -> None:
    with pytest.raises(AnswerError):
        http.send(
            "GET", url_of_one_answer(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 2 * ANSWER_MAX_BYTES), {}
        )
