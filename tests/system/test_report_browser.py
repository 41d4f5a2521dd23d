"""The report of a court pack in a real browser: readable on a wide and on a narrow screen, each
verdict in its colour, and without a single request to anywhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from bwv_device.cli.main import main
from bwv_device.evidence.identity.credential import pem
from tests.support import signed_clips as clips
from tests.support.tampering import ROWS

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium", "chromedriver")]

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SCREENS = [(1280, 1000), (500, 900)]
"""Chromium's window has no less than 500 pixels."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three clips: as it was, altered, cut off."""
    folder = tmp_path_factory.mktemp("pack")
    recording = folder / clips.CONTAINER
    recording.mkdir()
    whole = ROWS["nothing"].act()
    for number, act in enumerate(("nothing", "a frame doubled", "cut at the end")):
        clip = recording / f"20261123_20210{number}_7CF{number}.mp4"
        clip.write_bytes(ROWS[act].act())
        clip.with_suffix(".manifest.json").write_bytes(clips.manifest(whole))
    anchor = folder / "home.pem"
    anchor.write_text(pem(clips.home().anchor))
    options = ["--anchor", str(anchor), "--out", str(folder / "made"), "--exporter", "A. Clarke"]
    assert main(["export", str(recording), *options]) == 0
    return folder / "made" / "report.html"


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
    yield driver
    driver.quit()


@pytest.mark.parametrize("screen", SCREENS, ids=["wide", "narrow"])
def test_nothing_stands_beyond_the_edge(
    browser: webdriver.Chrome, report: Path, screen: tuple[int, int]
) -> None:
    browser.set_window_size(*screen)
    browser.get(report.as_uri())
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.execute_script("return window.innerWidth")


def test_each_clip_shows_its_verdict_in_its_colour(browser: webdriver.Chrome, report: Path) -> None:
    browser.get(report.as_uri())
    shown = [
        (
            box.find_element(By.TAG_NAME, "strong").text.lower(),
            str(box.get_attribute("class")).split()[-1],
        )
        for box in browser.find_elements(By.CSS_SELECTOR, ".verdict")
    ]
    assert shown == [
        ("authentic", "good"),
        ("altered at 3.533 s", "bad"),
        ("authentic up to 5.000 s", "partly"),
    ]


def test_it_asks_for_nothing_and_complains_of_nothing(
    browser: webdriver.Chrome, report: Path
) -> None:
    browser.get(report.as_uri())
    loaded = browser.execute_script("return performance.getEntriesByType('resource').length")
    assert loaded == 0
    assert browser.get_log("browser") == []
