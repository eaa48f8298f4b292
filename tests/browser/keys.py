"""A page worked by its keyboard alone: what tests ask of it by `click`, `fill`, `check`… is done with keys.

Inside `by_keys`, a control is reached with Tab or Shift+Tab (with arrows inside a group of radio buttons), never put
under the focus by a script; every place where the focus stops on the way must be seen. Any real pointer fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn
from unittest.mock import patch

from playwright.sync_api import ElementHandle, FilePayload, Locator, Mouse, Page, Touchscreen

MOST = 140  # presses of Tab to reach one control: the longest step of an evaluation has fewer stops
PATIENCE = 45_000  # milliseconds for a page to come, on a machine that does something else
SKIP = "Aller au contenu"

# Told to the test at once, so that a page left since then has told it too. A key that presses a button makes a click
# without a pointer, whose `detail` is 0.
POINTED = """() => {
  const told = (e) => {
    const byHand = ['mouse', 'touch', 'pen'].includes(e.pointerType) || e.detail > 0;
    if (e.isTrusted && byHand) window.seuilPointed(`${e.type} on ${e.target.nodeName.toLowerCase()}`);
  };
  for (const kind of ['pointerdown', 'mousedown', 'touchstart', 'click']) addEventListener(kind, told, true);
}"""
# Where the focus is, beside the control that is looked for. `unseen` says why one cannot see where one is: no ring, out
# of the window, under something else (WCAG 2.4.7, 2.4.11), or a look that the stop before keeps without the focus.
STOP = """async (target) => {
  const e = document.activeElement, nowhere = !e || e === document.body;
  const words = (it) => (it.labels?.[0]?.innerText || it.innerText || it.getAttribute('aria-label') || it.name
    || it.id || it.tagName).trim().replace(/\\s+/g, ' ').slice(0, 60);
  // a tile hides its radio button and puts the ring on what follows it
  const ringed = (it) => [it, ...(it.matches('.choice input') ? [it.nextElementSibling] : [])];
  const look = (it) => ringed(it).map((each) => getComputedStyle(each)).map(
    (css) => [css.outlineStyle, css.outlineWidth, css.outlineColor, css.boxShadow].join(' ')).join(' / ');
  const hasRing = (it) => ringed(it).map((each) => getComputedStyle(each)).some((css) =>
    css.outlineStyle !== 'none' && parseFloat(css.outlineWidth) >= 2 || css.boxShadow !== 'none');
  const unseen = (it) => {
    if (!hasRing(it)) return 'no ring';
    const box = [...it.getClientRects()][0];
    if (!box || !box.width || !box.height) return 'no size';
    const tall = box.height > innerHeight / 2;  // the main part, after the link that leads to it
    const x = (box.left + box.right) / 2;
    const y = tall ? (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2 : (box.top + box.bottom) / 2;
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return 'out of the window';
    const top = document.elementFromPoint(x, y);
    const own = top && (it.contains(top) || [...(it.labels || [])].some((label) => label.contains(top)));
    return own ? '' : `under ${top ? top.outerHTML.slice(0, 80) : 'nothing'}`;
  };
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const before = window.seuilStop;
  const left = before && before.it !== e && before.it.isConnected ? before : null;
  const keeps = left && look(left.it) === left.look ? words(left.it) : '';
  window.seuilStop = nowhere ? null : {it: e, look: look(e)};
  const main = document.querySelector('main');
  return {
    on: e === target, nowhere, keeps,
    words: nowhere ? '' : words(e),
    unseen: nowhere || !unseen(e) ? '' : await painted().then(() => unseen(e)),  // once what scrolls has scrolled
    among: !nowhere && [e, target].every((it) => it.type === 'radio' && it.name === target.name && it.form === e.form),
    behind: !nowhere && Boolean(e.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING),
    inMain: Boolean(main && main.contains(target)),
  };
}"""
# A label stands for its control. `leaves`: Enter opens another page.
CONTROL = "(e) => e instanceof HTMLLabelElement ? e.control : e"
KIND = """(e) => ({
  tag: e.tagName.toLowerCase(), type: e.type || '', checked: Boolean(e.checked),
  leaves: Boolean(e.form && ['submit', 'image'].includes(e.type))
    || e.matches('a[href]') && !e.getAttribute('href').startsWith('#'),
})"""
LINE = """(e, {label, value}) => [...e.options].findIndex((each) =>
  label === null ? each.value === value : each.label === label)"""
CHOSEN = "(e) => e.selectedIndex"

# What would pass over the keyboard, or over the way to the control.
PASSED_OVER: dict[type, tuple[str, ...]] = {
    Locator: (
        *("blur", "clear", "dblclick", "dispatch_event", "drag_to", "focus", "hover", "press", "press_sequentially"),
        *("select_text", "set_checked", "tap", "type", "uncheck"),
    ),
    Mouse: ("click", "dblclick", "down", "move", "up", "wheel"),
    Touchscreen: ("tap",),
}


@dataclass
class Keys:
    """The keyboard of whoever works. What it does bears the names that tests ask of a locator."""

    stops: int = 0  # places where the focus was, looked at
    pointed: list[str] = field(default_factory=list)  # what a mouse or a finger did

    def click(self, locator: Locator) -> None:
        """Press what it is, by the key that does; a text field only takes the focus."""
        target = self.reach(locator)
        kind = target.evaluate(KIND)
        if kind["tag"] in ("a", "button", "summary"):
            self._press(target, "Enter", leaves=kind["leaves"])
        elif kind["type"] in ("checkbox", "radio") and not (kind["type"] == "radio" and kind["checked"]):
            self._press(target, "Space")

    def check(self, locator: Locator) -> None:
        """Tick it; among radio buttons, the arrow that led to it has done so already."""
        target = self.reach(locator)
        if not target.is_checked():
            self._press(target, "Space")
        assert target.is_checked(), f"{locator} is not ticked"

    def fill(self, locator: Locator, value: str) -> None:
        """Type over what it holds."""
        target, keyboard = self.reach(locator), locator.page.keyboard
        keyboard.press("Control+A")
        keyboard.press("Delete")
        keyboard.type(value)
        self._stays(target)
        assert target.input_value() == value, f"{locator} holds « {target.input_value()} »"

    def select_option(self, locator: Locator, value: str | None = None, *, label: str | None = None) -> None:
        """Go to a line of a list with the arrows, the list closed."""
        target = self.reach(locator)
        wanted = target.evaluate(LINE, {"label": label, "value": value})
        now = target.evaluate(CHOSEN)
        assert wanted >= 0, f"{locator} has no line « {label or value} »"
        for _ in range(abs(wanted - now)):
            locator.page.keyboard.press("ArrowDown" if wanted > now else "ArrowUp")
        self._stays(target)
        assert target.evaluate(CHOSEN) == wanted, f"{locator}: the arrows do not lead to « {label or value} »"

    def set_input_files(self, locator: Locator, files: FilePayload) -> None:
        """The window where one chooses is the system's: the key that opens it is ours."""
        target = self.reach(locator)
        with locator.page.expect_file_chooser(timeout=PATIENCE) as opened:
            locator.page.keyboard.press("Enter")
        opened.value.set_files(files)
        self._stays(target)

    def reach(self, locator: Locator) -> ElementHandle:
        """Bring the focus to a control as one does, and see each stop on the way."""
        page = locator.page
        locator.wait_for(state="visible", timeout=PATIENCE)
        target = locator.element_handle().evaluate_handle(CONTROL).as_element()
        assert target, f"{locator} stands for no control"
        way: list[str] = []
        for _ in range(MOST):
            here = self._look(page, target)
            if here["on"]:
                return target
            way.append(here["words"])
            page.keyboard.press(_next(here))
        raise AssertionError(f"{locator} is not reached; the focus went through: {', '.join(way[-40:])}")

    def _press(self, target: ElementHandle, key: str, *, leaves: bool = False) -> None:
        """Press a key on what has the focus. When no other page comes, the focus stays where it was."""
        page = _page_of(target)
        if leaves:
            with page.expect_navigation(wait_until="load", timeout=PATIENCE):
                page.keyboard.press(key)
        else:
            page.keyboard.press(key)
            self._stays(target)

    def _stays(self, target: ElementHandle) -> None:
        here = self._look(_page_of(target), target)
        assert here["on"], f"the focus was lost: it is on {here['words'] or 'nothing'}"

    def _look(self, page: Page, target: ElementHandle) -> dict[str, Any]:
        here: dict[str, Any] = page.evaluate(STOP, target)
        self.stops += not here["nowhere"]
        assert not here["unseen"], f"the focus is not seen on « {here['words']} » ({page.url}): {here['unseen']}"
        assert not here["keeps"], f"« {here['keeps']} » looks the same with and without the focus ({page.url})"
        return here


DONE = ("click", "check", "fill", "select_option", "set_input_files")  # by Keys


@contextmanager
def by_keys(page: Page) -> Iterator[Keys]:
    """From here on, no pointer. To be entered before the first address of the page is opened."""
    keys = Keys()
    page.expose_function("seuilPointed", lambda what: keys.pointed.append(what))
    page.add_init_script(f"({POINTED})()")
    page.on("filechooser", lambda _: None)  # else the window is waited for a little after the key that opens it
    page.set_default_timeout(PATIENCE)
    with ExitStack() as patched:
        for name in DONE:
            patched.enter_context(patch.object(Locator, name, _with(getattr(keys, name))))
        for kind, names in PASSED_OVER.items():
            for name in names:
                patched.enter_context(patch.object(kind, name, _refused(name)))
        yield keys
    assert keys.pointed == [], "somebody held a mouse"


def _with(does: Callable[..., None]) -> Callable[..., None]:
    """As a method of Locator."""
    return lambda locator, *said, **also: does(locator, *said, **also)


def _refused(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError(f"`{name}` is no key of a keyboard")

    return refuse


def _next(here: dict[str, Any]) -> str:
    """The key of somebody who knows where she goes: over the navigation at once, back when it stands before."""
    if here["words"] == SKIP and here["inMain"]:
        return "Enter"
    if here["among"]:
        return "ArrowUp" if here["behind"] else "ArrowDown"
    return "Shift+Tab" if here["behind"] else "Tab"


def _page_of(target: ElementHandle) -> Page:
    frame = target.owner_frame()
    assert frame, "it is on no page"
    return frame.page
