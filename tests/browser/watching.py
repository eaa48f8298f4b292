"""What goes wrong in a page: sentences, none when all is well."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ConsoleMessage, Page, Request, Response

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": RULES},
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2, and off unless asked
    "resultTypes": ["violations"],
}
# Elements that stick out of the viewport, the innermost ones, when the page scrolls sideways. A part that scrolls by
# itself (a wide table in its frame) keeps its children to itself.
STICKS_OUT = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const held = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  const out = [...document.body.querySelectorAll('*')].filter(
    (e) => e.getBoundingClientRect().right > page.clientWidth + 0.5 && !held(e));
  const inner = out.filter((e) => !out.some((o) => o !== e && e.contains(o)));
  const name = (e) => e.tagName.toLowerCase() + [...e.classList].map((c) => '.' + c).join('');
  return [page.scrollWidth + ' px for ' + page.clientWidth + ': ' + inner.slice(0, 4).map(name).join(', ')];
}"""
# A form that nothing submits without a script: no button of its own (inside, or tied by `form=`), and not the one
# field whose Enter key submits it.
UNSENDABLE = """() => [...document.forms].filter((form) => {
  const buttons = [...form.elements].filter((e) => e.type === 'submit' || e.type === 'image');
  const fields = [...form.elements].filter((e) => e.type !== 'hidden' && e.tagName !== 'BUTTON');
  return !buttons.length && fields.length !== 1;
}).map((form) => form.getAttribute('action') || form.className || 'form')"""


class Watch:
    """Listens to a page from its opening."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._heard: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._heard.append(f"script error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self._heard.append(f"{answer.status} for {answer.request.resource_type} {answer.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._heard.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.resource_type != "document" and request.failure == "net::ERR_ABORTED":
            return  # left when one goes to another page: the icon of the tab, a list asked for once the page is there
        self._heard.append(f"request failed: {request.resource_type} {request.url} ({request.failure})")

    def heard(self) -> list[str]:
        """What was heard since the last time."""
        told, self._heard = self._heard, []
        return told

    def structure(self) -> list[str]:
        """What every page has: one main part, one title, French, forms that can be sent; no sideways scrolling."""
        page, told = self._page, []
        page.wait_for_load_state()
        for what, selector in (("main part", "main"), ("h1", "h1"), ("French page", "html[lang=fr]")):
            if (count := page.locator(selector).count()) != 1:
                told.append(f"{count} {what} instead of 1")
        told += [f"nothing submits {form}" for form in page.evaluate(UNSENDABLE)]
        return told + [f"scrolls sideways: {each}" for each in page.evaluate(STICKS_OUT)]

    def accessibility(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA. Needs scripts."""
        found = Axe().run(self._page, options=OPTIONS).response
        assert found["testEngine"]["name"] == "axe-core"
        return [
            f"axe {violation['id']} ({violation['impact']}): {' '.join(map(str, node['target']))} — "
            f"{node['failureSummary'].splitlines()[-1].strip()}"
            for violation in found["violations"]
            for node in violation["nodes"][:3]
        ]
