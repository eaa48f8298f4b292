"""The pages beside their mock-ups: makes the images of `docs/captures.md` from what `make e2e` has photographed.

`python -m tests.browser.captures MOCKUPS`, MOCKUPS being the folder of the mock-ups' screens (`dossier-1280.png`…).
Exit status 1, with what is missing, when a series of screenshots is not complete: nothing is then written.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from config.environment import BASE_DIR

SCREENS, IMAGES = BASE_DIR / ".local" / "screens", BASE_DIR / "docs" / "images"
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Pair:
    """An image: its name, the mock-up, the screenshot (the first that the pattern finds), and the size of each side."""

    name: str
    mockup: str
    product: str
    width: int = 640
    height: int = 800


PAIRS = (
    Pair("connexion", "connexion-1280.png", "visiteur/accounts-sign_in-1280.png", height=430),
    Pair("accueil", "accueil-referent-1280.png", "referent_siao/desk-home-1280.png"),
    Pair("dossiers", "dossiers-1280.png", "parcours/avec-scripts/*-dossiers-prescrits.png"),
    Pair("dossier", "dossier-1280.png", "parcours/avec-scripts/*-pret-a-presenter.png"),
    Pair("dossier-390", "dossier-390.png", "referent_siao/dossiers-detail*-390.png", width=340, height=1100),
    Pair("evaluation", "evaluation-1280.png", "referent_siao/evaluation-ressources-1280.png"),
    Pair("seance", "seance-1280.png", "parcours/avec-scripts/*-seance.png"),
)
SHEET = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>{name}</title><style>
  body {{ margin: 0; padding: 16px; display: flex; gap: 28px; background: #cfd8da; font: 600 15px sans-serif; }}
  figure {{ margin: 0; }} figcaption {{ padding-bottom: 8px; }}
  div {{ inline-size: {width}px; block-size: {height}px; overflow: hidden; border: 1px solid #8a999e; }}
  img {{ inline-size: 100%; display: block; }}
</style><figure><figcaption>Maquette</figcaption><div><img alt="" src="{mockup}"></div></figure>
<figure><figcaption>Produit</figcaption><div><img alt="" src="{product}"></div></figure></html>"""


def found(pair: Pair, mockups: Path) -> tuple[Path | None, Path | None]:
    """The two files of a pair, where they are."""
    mockup, product = mockups / pair.mockup, min(SCREENS.glob(pair.product), default=None)
    return mockup if mockup.is_file() else None, product


def compose(page: Page, pair: Pair, mockup: Path, product: Path, folder: Path) -> None:
    """One image, drawn by the browser."""
    sheet = folder / f"{pair.name}.html"
    said = SHEET.format(
        name=pair.name, width=pair.width, height=pair.height, mockup=mockup.as_uri(), product=product.as_uri()
    )
    sheet.write_text(said, encoding="utf-8")
    page.set_viewport_size({"width": 2 * pair.width + 64, "height": pair.height + 60})
    page.goto(sheet.as_uri())
    page.screenshot(path=IMAGES / f"capture-{pair.name}.jpg", type="jpeg", quality=QUALITY)


def main() -> int:
    """Every image, or none."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    mockups = Path(sys.argv[1]).resolve()
    files = {pair: found(pair, mockups) for pair in PAIRS}
    missing = [
        name
        for pair, ways in files.items()
        for name, way in zip((pair.mockup, pair.product), ways, strict=True)
        if not way
    ]
    if missing:
        print("Missing: " + ", ".join(missing) + ". `make e2e` takes the screenshots.", file=sys.stderr)  # noqa: T201
        return 1
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as made:
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=args)
        page = browser.new_page()
        for pair, (mockup, product) in files.items():
            if mockup and product:
                compose(page, pair, mockup, product, Path(made))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
