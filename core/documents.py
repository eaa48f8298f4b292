"""Documents on paper: data in, an accessible PDF out (PDF/UA-1), drawn by typst from the templates of `core/typst/`.

What a document says is data, never source: it is handed over as JSON and read as text. Nothing is fetched: fonts and
templates are files of the repository, templates import no package. The same data, drawn twice, is the same file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

from core.typography import typeset

Template = Literal["letter", "sheet"]
FOLDER = Path(__file__).parent / "typst"
STANDARD: Literal["ua-1"] = "ua-1"


def render(template: Template, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The PDF of `template` told with `data`, dated `at` (a moment with its zone).

    `data` holds texts, lists and mappings of texts, numbers, booleans and None; what each template reads stands at its
    head. Texts are set in French typography here. Raises `typst.TypstError` for data that a template cannot tell,
    `TypeError` for what JSON cannot say.
    """
    told = json.dumps(_typeset(dict(data)), ensure_ascii=False)
    pdf = typst.compile(
        FOLDER / f"{template}.typ",
        root=FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": told, "logo": _logo()},
        pdf_standards=STANDARD,
        timestamp=int(at.astimezone(UTC).timestamp()),
    )
    assert isinstance(pdf, bytes)  # noqa: S101  without an output file, typst returns the content
    return pdf


@cache
def _fonts() -> typst.Fonts:
    """The faces of the charter, and those that typst holds for signs they lack; none of the machine's."""
    folder = Path(settings.BASE_DIR) / "static" / "vendor" / "print"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


@cache
def _logo() -> str:
    return (Path(settings.BASE_DIR) / "static" / "logo.svg").read_text(encoding="utf-8")


def _typeset(value: Any) -> Any:
    """The same, with French spaces and apostrophes in every text."""
    if isinstance(value, str):
        return typeset(value)
    if isinstance(value, Mapping):
        return {name: _typeset(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_typeset(each) for each in value]
    return value
