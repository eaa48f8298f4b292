"""What the content policy would refuse in a page: scripts, styles and events written in it, things of another site."""

from __future__ import annotations

import re

from lxml import html

# in the text of a template, before anything is known of what it will hold
IN_A_TEMPLATE = re.compile(
    r"<style\b|\bstyle\s*=|<script\b(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\bhx-on\b", re.IGNORECASE
)
ADDRESSES = ("src", "href", "action", "formaction", "data", "poster")
EVALUATED = ("hx-on", "hx-vals", "hx-vars", "hx-headers")  # htmx would need eval for a value that begins with js:


def refused_in(page: str) -> list[str]:
    """The parts of a page that the policy would refuse, each in a few words; none when all is well."""
    elements = html.document_fromstring(page).iter("*")  # comments are no elements
    return [told for element in elements for told in _of(element)]


def _of(element: html.HtmlElement) -> list[str]:
    tag, told = str(element.tag), []
    if tag == "style" or (tag == "script" and ("src" not in element.attrib or (element.text or "").strip())):
        told.append(f"<{tag}> written in the page")
    for name, value in element.attrib.items():
        name, value = str(name), str(value).strip()
        if name == "style" or name.startswith(("on", "hx-on")):
            told.append(f"{name}= of <{tag}>")
        if name in EVALUATED and re.match(r"(js|javascript):", value):
            told.append(f"{name}= of <{tag}> is code")
        if name in ADDRESSES and re.match(r"(javascript|data|blob):|(https?:)?//", value, re.IGNORECASE):
            told.append(f"{name}= of <{tag}> leads elsewhere: {value[:40]}")
    return told
