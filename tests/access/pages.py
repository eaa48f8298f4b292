"""What an account can read by following links, and how to compare two readings."""

from __future__ import annotations

import html
import re
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from accounts.demo import CAST

SAME_KIND = 3  # pages opened for one shape of address
CLOCKS = {
    r'name="csrfmiddlewaretoken" value="[^"]*"': "csrf",
    r'nonce="[^"]*"': "nonce",
    r'data-(?:idle|most)="\d*"': "left of the session",
    r"\b\d{1,2}\s?h(?:\s?\d{2})?\b": "hour",  # « 3 h » on the hour
    r"\(D:\d{14}[^)]*\)|/ID\s*\[[^\]]*\]|<xmp(?:MM)?:\w+>[^<]*<": "drawn",  # when and as what a PDF was drawn
    r'value="\d\d:\d\d(?::\d\d)?"': "hour",
    r"(?:Ce dossier a été ouvert|Personne n’avait encore ouvert)[^<]*": "readings",  # each reading counts
    r"\b\d+\s?fois\b": "readings",
}


def each_account(*often: str) -> list[Any]:
    """Every account of the cast, as parameters of a test: these in each series, the others in the long one."""
    assert set(often) <= {member.account for member in CAST}
    return [
        pytest.param(member.account, marks=[] if member.account in often else [pytest.mark.long]) for member in CAST
    ]


def shape(path: str) -> str:
    """The address without what it names."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", path.partition("?")[0])


def reached(browser: Client, *starts: str, most: int = SAME_KIND) -> dict[str, str]:
    """The pages that links lead to, a few for each shape of address."""
    pages: dict[str, str] = {}
    seen: Counter[str] = Counter()
    waiting = list(starts)
    while waiting:
        path = waiting.pop(0)
        if path in pages or seen[shape(path)] >= most:
            continue
        seen[shape(path)] += 1
        answer = browser.get(path)
        assert answer.status_code in {200, 302}, path
        pages[path] = words_of(answer)
        waiting += [html.unescape(link) for link in re.findall(r'href="(/(?!static/)[^"#]*)"', pages[path])]
    return pages


def words_of(answer: Any) -> str:
    """What an answer says: a page, a table, the text of a PDF."""
    body = b"".join(answer) if answer.streaming else answer.content
    if answer.headers.get("Content-Type", "").startswith("application/pdf"):
        told = [page.extract_text() for page in PdfReader(BytesIO(body)).pages]
        return "\n".join([*told, body.decode("utf-8", "replace")])
    return str(body.decode("utf-8", "replace"))


def masked(page: str) -> str:
    """The page without what changes from one reading to the next: tokens and clocks."""
    for pattern, name in CLOCKS.items():
        page = re.sub(pattern, name, page)
    return page
