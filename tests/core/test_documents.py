"""Documents on paper: accessible, in order, told by data alone, the same each time."""

from __future__ import annotations

import io
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.conf import settings
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from core.documents import FOLDER, render

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
HOSTILE = '#panic("x") #read("/etc/passwd") *gras* _it_ $x$ \\ ] } " <etiquette> @preview/x:1.0.0 // fin'
LETTER: dict[str, Any] = {
    "title": "Votre demande est en attente",
    "foot": "SIAO de la Savoie, dossier LDA-2026-AB23",
    "sender_name": "SIAO de la Savoie",
    "sender": ["Téléphone : 04 79 00 00 00"],
    "place_date": "Chambéry, le 30 novembre 2026",
    "reference": "Dossier LDA-2026-AB23",
    "recipient": ["Berthe Orsel", "3 rue des Remparts", "73000 Chambéry"],
    "subject": "Votre demande est en attente",
    "greeting": "Bonjour Madame Orsel,",
    "parts": [
        {"heading": None, "paragraphs": ["Le SIAO met votre demande en attente !"], "items": []},
        {"heading": "Ce qui manque", "paragraphs": [], "items": ["une pièce d'identité", "un avis d'imposition"]},
    ],
    "closing": "Cordialement,",
    "signature": ["Colombe Martinet", "pour le SIAO"],
    "copies": ["Association tutélaire inventée"],
    "small": [{"heading": "Vos droits", "paragraphs": ["Vous pouvez demander que la décision soit revue."]}],
    "band": None,
    "easy": False,
}
SHEET: dict[str, Any] = {
    "title": "Fiche de situation LDA-2026-AB23",
    "eyebrow": "Commission SIAO–bailleurs",
    "text": "Premier passage.",
    "foot": "Exemplaire de Cristal Habitat.",
    "mark": "Cristal Habitat, 30 novembre 2026",
    "band": None,
    "sections": [{"heading": "Le ménage", "rows": [["Composition", "femme seule"], ["Âge", "35 à 44 ans"]]}],
}


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """What is written, in the order of the file; narrow spaces made plain."""
    shown = " ".join(page.extract_text() for page in read(pdf).pages)
    return re.sub(r"\s+", " ", shown)


def tags(node: Any) -> Iterator[str]:
    """Names of the elements of the structure, in reading order."""
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, ArrayObject):
        for each in node:
            yield from tags(each)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags(node["/K"])


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize(
    ("template", "data"), [("letter", LETTER), ("sheet", SHEET), ("letter", LETTER | {"easy": True})]
)
def test_it_says_what_an_accessible_pdf_says(template: Any, data: dict[str, Any]) -> None:
    pdf = render(template, data, at=AT)
    root: Any = read(pdf).trailer["/Root"]
    assert str(root["/Lang"]).startswith("fr")
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  pypdf's boolean
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    metadata = read(pdf).metadata
    assert metadata is not None
    assert metadata.title == data["title"]
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    names = Counter(tags(root["/StructTreeRoot"]["/K"]))
    assert names["/H1"] == 1
    assert names["/H2"] >= 1
    assert names["/Figure"] == 1, "the logo, with its words"
    assert names["/L"] >= 1


def test_a_letter_is_read_in_the_order_it_is_written() -> None:
    told = text_of(render("letter", LETTER, at=AT))
    assert in_order(
        told,
        *("SIAO de la Savoie", "Berthe Orsel", "Dossier LDA-2026-AB23", "Votre demande est en attente"),
        *("Bonjour Madame Orsel,", "Le SIAO met votre demande", "Ce qui manque", "une pièce d’identité"),
        *("Cordialement", "Colombe Martinet", "Copie à : Association tutélaire", "Vos droits", "Page 1 sur 1"),
    ), told


def test_french_spaces_and_apostrophes_are_set() -> None:
    shown = read(render("letter", LETTER, at=AT)).pages[0].extract_text()
    assert "attente\u202f!" in shown
    assert "d’identité" in shown
    assert "d'identité" not in shown


def test_what_is_said_is_never_a_program() -> None:
    data = LETTER | {
        "greeting": HOSTILE,
        "recipient": [HOSTILE],
        "title": HOSTILE,
        "parts": [{"heading": HOSTILE, "paragraphs": [HOSTILE], "items": [HOSTILE]}],
    }
    pdf = render("letter", data, at=AT)
    told = text_of(pdf)
    assert told.count('#panic("x")') == 5
    assert "root:" not in told
    assert "<etiquette>" in told
    assert re.sub(r"\s", "", "_it_ $x$") in re.sub(r"\s", "", told)


def test_names_from_everywhere_are_drawn() -> None:
    names = ["Łucja Öztürkoğlu", "Ó Súilleabháin", "Nguyễn Thị", "Ælfgifu", "Đorđe Petrović"]
    told = text_of(render("letter", LETTER | {"recipient": names}, at=AT))
    assert [name for name in names if name not in told] == []


def test_the_face_is_ours_and_travels_with_the_file() -> None:
    fonts = read(render("letter", LETTER, at=AT)).pages[0]["/Resources"]["/Font"].get_object()  # type: ignore[index]
    names = {str(each.get_object()["/BaseFont"]) for each in fonts.values()}
    assert {name.partition("+")[2].partition("-")[0] for name in names} == {"SourceSans3"}


def test_drawn_twice_it_is_the_same_file() -> None:
    assert render("letter", LETTER, at=AT) == render("letter", LETTER, at=AT)
    assert render("sheet", SHEET, at=AT) != render("sheet", SHEET | {"mark": "Savoie Toit Familial"}, at=AT)


def test_a_draft_says_so_first() -> None:
    told = text_of(render("letter", LETTER | {"band": "Projet : ne le remettez pas."}, at=AT))
    assert in_order(told, "Projet : ne le remettez pas.", "Bonjour")


def test_a_long_letter_goes_on_and_numbers_its_pages() -> None:
    many = [{"heading": f"Partie {rank}", "paragraphs": ["Une phrase courte."] * 12, "items": []} for rank in range(8)]
    pdf = render("letter", LETTER | {"parts": many}, at=AT)
    pages = len(read(pdf).pages)
    assert pages > 2
    assert f"Page {pages} sur {pages}" in text_of(pdf)


def test_templates_fetch_nothing() -> None:
    sources = list(FOLDER.glob("*.typ"))
    assert {path.name for path in sources} == {"charter.typ", "letter.typ", "sheet.typ"}
    for path in sources:
        source = path.read_text(encoding="utf-8")
        assert re.findall(r'(?:import|include) "([^"]+)"', source) in ([], ["charter.typ"])
        assert "@preview" not in source
        assert "http" not in source
    assert {each.suffix for each in (Path(settings.BASE_DIR) / "static/vendor/print").iterdir()} == {".otf", ".txt"}


def test_a_letter_is_made_within_a_second() -> None:
    start = time.perf_counter()
    render("letter", LETTER, at=AT)
    assert time.perf_counter() - start < 1
