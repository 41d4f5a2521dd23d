"""The server's page in a real browser: the clip plays to its end and can be sought in."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from bwv_device.protocol.metadata import MetaPrefix, encode
from tests.destination.clips import write_clip
from tests.destination.process import ServerProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium", "chromedriver")]

LENGTH_S = 6
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--autoplay-policy=no-user-gesture-required --window-size=1280,1000"
)
WEARER = "Zoë <b>O'Neil</b>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("dock"))
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, LENGTH_S)
    body = path.read_bytes()
    wire = process.wire()
    wire.put("Users", USER, Name=WEARER, Active="True")
    wire.put("Devices", SERIAL, Name="Camera 1", Active="True")
    wire.put(CONTAINER, TriggerOn="Button", StartTime="1700000000", Status="Transferring")
    sha256 = hashlib.sha256(body).hexdigest()
    meta = {"Sha256": sha256, "DurationS": str(LENGTH_S), "Frames": "150", "ClipNumber": "1"}
    assert wire.put(CONTAINER, CLIP, body, headers=encode(MetaPrefix.OBJECT, meta)).status == 201
    assert wire.post(CONTAINER, Status="Complete", ClipCount="1").status == 204
    yield process
    process.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, server: ServerProcess) -> webdriver.Chrome:
    """The recording's page, reached as a person would, by the list."""
    browser.get(server.url)
    browser.find_element(By.CSS_SELECTOR, "td.when a").click()
    WebDriverWait(browser, 30).until(lambda b: b.find_elements(By.TAG_NAME, "video"))
    return browser


def video(browser: webdriver.Chrome, expression: str) -> object:
    return browser.execute_script(f"const v = document.querySelector('video'); return {expression}")


def test_the_list_shows_the_recording_with_the_wearers_name_as_text(
    browser: webdriver.Chrome, server: ServerProcess
) -> None:
    browser.get(server.url)
    assert browser.find_element(By.CSS_SELECTOR, ".wearer").text == WEARER
    assert [badge.text for badge in browser.find_elements(By.CSS_SELECTOR, ".badge")] == [
        "Complete",
        "Verified",
    ]
    assert not browser.find_elements(By.CSS_SELECTOR, ".wearer b")


def test_the_clip_plays_to_its_end(page: webdriver.Chrome) -> None:
    wait = WebDriverWait(page, 60)
    wait.until(lambda b: video(b, "v.readyState >= 1"))
    assert video(page, "v.duration") == pytest.approx(LENGTH_S, abs=0.1)
    assert (video(page, "v.videoWidth"), video(page, "v.videoHeight")) == (640, 360)
    video(page, "v.play()")
    wait.until(lambda b: video(b, "v.ended"))
    assert video(page, "v.error") is None
    assert video(page, "v.currentTime") == pytest.approx(LENGTH_S, abs=0.1)
    assert video(page, "v.webkitAudioDecodedByteCount > 0 && v.webkitDecodedFrameCount > 100")


def test_the_clip_can_be_sought_in(page: webdriver.Chrome) -> None:
    wait = WebDriverWait(page, 60)
    wait.until(lambda b: video(b, "v.readyState >= 1"))
    for target_s in (4.5, 1.0, 5.5):
        page.execute_async_script(
            "const [target, done] = arguments; const v = document.querySelector('video');"
            "v.addEventListener('seeked', () => done(), {once: true}); v.currentTime = target",
            target_s,
        )
        assert video(page, "v.currentTime") == pytest.approx(target_s, abs=0.05)
        wait.until(lambda b: video(b, "v.readyState >= 2"))
        assert video(page, "v.error") is None


def test_the_page_needs_nothing_that_its_policy_forbids(page: webdriver.Chrome) -> None:
    messages = [entry["message"] for entry in page.get_log("browser")]
    assert not [text for text in messages if "Content Security" in text or "404" in text]


def test_the_download_is_the_very_clip(page: webdriver.Chrome, server: ServerProcess) -> None:
    href = page.find_element(By.CSS_SELECTOR, "a.button").get_attribute("href")
    assert href is not None
    answer = server.wire().ask("GET", href.removeprefix(server.url.rstrip("/")))
    stored = Path(server.directory) / "content" / CONTAINER / CLIP
    assert answer.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(answer.body).hexdigest() in page.page_source
    assert answer.body == stored.read_bytes()
