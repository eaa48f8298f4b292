"""The pages of each account, found as a person finds them: by the links of the pages, from the home page."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

from django.urls import Resolver404, resolve
from lxml import html
from playwright.sync_api import APIResponse, BrowserContext

from tests.browser.signing import PROVING, prove

MOST_ALIKE = 2  # pages that only an identifier tells apart, followed from one page: a list leads to many dossiers
BARREN, BARREN_WITH_ACTS = 2, 8  # such pages read in a row that taught nothing, before one stops reading them
MOST_READ = 40  # pages of one kind, whatever they teach
# what asks first for a password given less than five minutes ago: test_second_factor opens them
PROOF = {"accounts:password", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes"}
ACTS = ".//section[@class='acts']"


@dataclass
class Site:
    """What an account found: one address for each kind of page, what links to other things, what is wrong."""

    pages: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    with_acts: set[str] = field(default_factory=set)

    def keep(self, kind: str, state: str, path: str) -> bool:
        """Keep a page; `state` is empty when it shows no act. Says whether it is the first of its kind."""
        if state:
            self.with_acts.add(kind)
            kind = f"{kind} [{state}]"
        return self.pages.setdefault(kind, path) == path

    @property
    def names(self) -> set[str]:
        """The names of the addresses of the URLconf that were reached."""
        return {kind.split(" ")[0] for kind in [*self.pages, *self.files]}

    def write(self, path: Path) -> None:
        """Keep it for the other processes of the series."""
        path.write_text(json.dumps([self.pages, self.files, self.wrong]), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Site:
        """What `write` kept."""
        return cls(*json.loads(path.read_text(encoding="utf-8")))


def crawl(context: BrowserContext) -> Site:
    """Follow the links of our own pages, from the home page; no page is opened in a browser here.

    What a page teaches depends on the state it is about: tabs are read for each state.
    Pages that ask two questions at once (a sorted page of a filtered list) are left to the tests of that list.
    """
    site, seen, waiting = Site(), {"/"}, deque([("/", "the door", "")])
    kinds, read, barren = {"desk:home"}, Counter[str](), Counter[tuple[str, str]]()
    while waiting:
        path, above, about = waiting.popleft()
        kind = kind_of(path)
        enough = BARREN_WITH_ACTS if kind in site.with_acts else BARREN
        if kind in PROOF or read[kind] >= MOST_READ or barren[kind, about] >= enough:
            continue
        read[kind] += 1
        answer = _get(context, path)
        if answer.status != 200:
            site.wrong.append(f"{above} links to {path} ({kind}): {answer.status}")
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            site.files.setdefault(kind, path)
            continue
        page = html.fromstring(answer.text())
        state = _state(page)
        taught = site.keep(kind, state if page.find(ACTS) is not None else "", path)
        site.files |= {kind_of(each): each for each in _addresses(page, "iframe", "src", path)}
        alike = Counter[str]()
        for link in _addresses(page, "a", "href", path):
            below = _kind_or_none(link)
            if below is None:
                site.wrong.append(f"{path} links to {link}, which is no address of ours")
            elif link not in seen and alike[below] < MOST_ALIKE and link.count("=") < 2:
                seen.add(link)
                waiting.append((link, path, state))
                alike[below] += _is_one_of_many(link)
                taught |= below not in kinds
                kinds.add(below)
        if _is_one_of_many(path):
            barren[kind, about] = 0 if taught else barren[kind, about] + 1
    return site


def _get(context: BrowserContext, path: str) -> APIResponse:
    """What an address answers, once a proof was given where one is asked."""
    answer = context.request.get(path, max_redirects=0)
    if answer.status == 302 and answer.headers["location"].startswith(PROVING):
        page = context.new_page()
        page.goto(f"{PROVING}?next=/")
        prove(page)
        page.close()
        answer = context.request.get(path, max_redirects=0)
    return answer


def kind_of(path: str) -> str:
    """The kind of page: the name of its address, its words (`name=close`; never an identifier), its questions."""
    match = resolve(urlsplit(path).path)
    words = [f"{key}={value}" for key, value in match.kwargs.items() if not _is_identifier(key, value)]
    asked = [f"?{key}" for key in sorted(parse_qs(urlsplit(path).query))]
    return " ".join([match.view_name, *words, *asked])


def _kind_or_none(path: str) -> str | None:
    try:
        return kind_of(path)
    except Resolver404:
        return None


def _is_one_of_many(path: str) -> bool:
    return any(_is_identifier(*each) for each in resolve(urlsplit(path).path).kwargs.items())


def _is_identifier(key: str, value: object) -> bool:
    """A `code` tells entries of one list apart, all shown by the same page."""
    return key == "code" or not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{16,}", value) is not None


def _state(page: html.HtmlElement) -> str:
    """The state that a page says beside its title: a dossier's parts depend on it."""
    said = [each for each in page.iterfind(".//span[@class]") if "state-lg" in each.get("class", "").split()]
    return " ".join(said[0].text_content().split()) if said else ""


def _addresses(page: html.HtmlElement, tag: str, attribute: str, path: str) -> Iterator[str]:
    """Where the page leads on our own site: paths, without fragment."""
    for each in page.iterfind(f".//{tag}[@{attribute}]"):
        whole = urlsplit(urljoin(path, each.get(attribute)))
        if not whole.scheme and not whole.netloc and not whole.path.startswith("/static/") and whole.path:
            yield whole._replace(fragment="").geturl()


def file_name(kind: str) -> str:
    """A name of file for a kind of page."""
    return re.sub(r"[^\w=]+", "-", kind).strip("-")
