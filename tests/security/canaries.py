"""Values that must be nowhere in clear, and every disguise in which a dump could hold them."""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote, quote_plus

from tests.exchange.registers import PRESENTED, Row, demo_rows, row

LONG_ENOUGH = 6  # shorter encodings are found by chance among random bytes
ODD: list[Row] = [
    row(
        "ESSAI-901",
        nom="D'Hérelles-Montfaçon",
        prenom="Ælfgifu Łucja",
        date_naissance="1961-11-29",
        numero_unique="0730119955551XTEST",
        suite_evaluation="non retenue",
        motif="ajournée : attend l'accord de sa tutrice madame Quenouillère",
        situation_logement="6.1 sortie de la maison d'arrêt d'Aigrefond",
    ),
    row(
        "ESSAI-902",
        base=PRESENTED,
        nom="Ó Súilleabháin Öztürkoğlu",
        prenom="Zdzisława",
        date_naissance="1949-08-07",
        numero_unique="0730119955552XTEST",
        ressources_mensuelles="1 234,56",
        situation_logement="11.3 caravane sous le pont Sainte-Ursule",
    ),
]
NOTE = "Le ménage a déposé plainte contre monsieur Tournebroche."


def secrets() -> set[str]:
    """What the register says of people: names, birth dates, unique numbers, amounts, free texts."""
    found = {NOTE, "Tournebroche", "Quenouillère", "Aigrefond", "Sainte-Ursule"}
    for line in [*demo_rows(), *ODD]:
        born = date.fromisoformat(line["date_naissance"])
        found |= {line["nom"], line["prenom"], born.isoformat(), f"{born:%d/%m/%Y}", line["numero_unique"]}
        found |= {line["situation_logement"]}
        found |= {amount for amount in (line["ressources_mensuelles"], line["dettes_locatives"]) if len(amount) > 5}
        found |= {line["motif"]} if line["reference"].startswith("ESSAI") else set()
    return {text for text in found if text}


def bare(text: str) -> str:
    """In lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def found_in(dump: bytes, texts: set[str]) -> list[tuple[str, str]]:
    """(value, disguise) of everything found."""
    lowered, plain = dump.lower(), bare(dump.decode("utf-8", "replace")).encode()
    met: list[tuple[str, str]] = []
    for text in sorted(texts):
        if bare(text).encode() in plain:
            met.append((text, "in clear"))
        for disguise, needle in disguises(text):
            if needle.lower() in lowered:
                met.append((text, disguise))
    return met


def disguises(text: str) -> Iterator[tuple[str, bytes]]:
    """The encodings of a value, as written, in lower and upper case, and without accents."""
    for form in dict.fromkeys((text, text.lower(), text.upper(), bare(text), unicodedata.normalize("NFD", text))):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            data = form.encode(encoding)
            yield encoding, data
            if len(data) >= LONG_ENOUGH:
                yield f"{encoding} in hexadecimal", data.hex().encode()
                yield from ((f"{encoding} in base64", each) for each in in_base64(data))
        if quote(form) != form:
            yield "escaped for a URL", quote(form).encode()
            yield "escaped for a form", quote_plus(form).encode()
        if json.dumps(form)[1:-1] != form:
            yield "escaped for JSON", json.dumps(form)[1:-1].encode()


def in_base64(data: bytes) -> Iterator[bytes]:
    """The part of the base64 that does not depend on what is beside, for the three places where `data` may begin."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + data)
        begin, end = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
        yield coded[begin:end]
        yield coded[begin:end].translate(bytes.maketrans(b"+/", b"-_"))
