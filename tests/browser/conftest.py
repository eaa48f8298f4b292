"""One product and one Chromium for the series; pages are opened signed in."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from accounts.demo import CAST
from config.environment import BASE_DIR
from tests.browser.crawling import Site, crawl
from tests.browser.product import shared_product
from tests.browser.signing import Signing
from tests.browser.staging import stage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENS = BASE_DIR / ".local" / "screens"
PICTURES = os.environ.get("SEUIL_PICTURES") != "no"  # one of each page at each width; where nobody looks, none
expect.set_options(timeout=15_000)  # milliseconds: the machine may be doing something else


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands in this folder is marked `browser`."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; root has no sandbox of its own."""
    assert CHROMIUM, "Chromium is not installed: make e2e says how"
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": args}


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder common to the processes of the series."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "browser"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def product(series: Path) -> Iterator[str]:
    """The address of the product, served with fictional data."""
    with shared_product(series) as url:
        yield url


@pytest.fixture
def signing(browser: Browser, product: str, series: Path) -> Iterator[Signing]:
    """Opens contexts as an account of the cast; closed at the end of the test."""
    doors = Signing(browser, product, series)
    yield doors
    doors.close()


@pytest.fixture
def staged(signing: Signing, series: Path) -> None:
    """Something to show on every page; done once in the series."""
    done = series / "staged"
    with (series / "staged.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not done.exists():
            stage(signing)
            done.touch()


@pytest.fixture
def site_of(signing: Signing, series: Path, staged: None) -> Callable[[str], Site]:
    """What an account of the cast finds by its links; found once in the series."""

    def find(account: str) -> Site:
        kept = series / f"site-{account}.json"
        with (series / f"site-{account}.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not kept.exists():
                crawl(signing.as_(account)).write(kept)
        return Site.read(kept)

    return find


@pytest.fixture
def every_site(site_of: Callable[[str], Site]) -> dict[str, Site]:
    """What each account of the cast finds."""
    return {member.account: site_of(member.account) for member in CAST}
