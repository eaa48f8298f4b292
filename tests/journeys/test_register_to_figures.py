"""A referent's story, through the site: the register goes in, a dossier moves on, the register comes back corrected.

Everything is hers, under row-level security; the worker counts, and the figures follow each time.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from cases.dossiers.models import Dossier, DossierEvent, EventKind, Source, State
from reporting import operations as reporting
from reporting.operations import Row, published_rows
from tests.exchange.registers import HEADERS, Files, demo_files, demo_rows, table
from tests.factories import answer_all
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
LEASE = {"bailleur": "Habitat des Bauges", "date_bail": "2024-02-12", "type_bail": "bail en nom propre"}
CHANGES = {"LDA-2023-003": {"ressources_mensuelles": "2480"}, "LDA-2022-002": {**LEASE, "parc": "public"}}


def bring(browser: Client, made: Files) -> tuple[str, str]:
    """Send, look, confirm: what the preview said, and what the page says then."""
    sent = [SimpleUploadedFile(name, content) for name, content in made]
    answer = browser.post("/import/", {"register": sent})
    assert answer.status_code == 302, text_of(answer)
    here = answer.headers["Location"]
    foreseen = text_of(browser.get(here))
    done = browser.post(f"{here}importer/", follow=True)
    assert done.status_code == 200
    return foreseen, text_of(done)


def do(browser: Client, dossier: Dossier, name: str, **told: str) -> str:
    answer = browser.post(f"/dossiers/{dossier.pk}/actes/{name}/", told, follow=True)
    assert answer.status_code == 200, text_of(answer)
    return text_of(answer)


def figures() -> dict[tuple[str, str], Row]:
    """What the worker counts, once it has caught up."""
    reporting.catch_up()
    return {(row.id, row.period): row for row in published_rows()}


def test_from_the_register_to_the_figures_and_back(browse: Browse, cast: Cast) -> None:
    siao, browser = cast["siao"], browse("siao")

    # the register and the séances go in, and give the published figures
    _, said = bring(browser, demo_files())
    assert "Le registre est importé : 38 dossiers créés, 0 modifié, 18 séances créées." in said
    assert Dossier.objects.filter(referent=siao).count() == 38
    assert [key for key, row in figures().items() if row.published is not None and not row.agrees] == []
    assert "1 041" in text_of(browse("coordination").get("/chiffres/"))

    # a household that had not adhered comes back: the referent takes the dossier up again
    dossier = Dossier.objects.get(reference="LDA-2022-013")
    note = "Le ménage a repris contact en mai."
    assert "« En évaluation »" in do(browser, dossier, "reconsider", note=note)
    fact = DossierEvent.objects.filter(dossier=dossier, kind=EventKind.STATE).latest("recorded_at")
    assert (fact.source, fact.recorded_by, fact.note) == (Source.ACT, siao, note)
    studied = figures()["F02", "2022"]
    assert studied.agrees, "the year that declined it is not rewritten"

    # it is evaluated, and put off to another year: its own year keeps the motive of then
    answer_all(dossier)  # what no register tells
    assert "« Évalué »" in do(browser, dossier, "complete_evaluation")
    later = timezone.localdate().replace(year=timezone.localdate().year + 1, day=1)
    put_off = {"motive": "AJOURNE_JUSTIFICATIFS_ABSENTS", "review_on": later.isoformat(), "note": ""}
    assert "« Ajourné »" in do(browser, dossier, "adjourn", **put_off)
    counted = figures()["F05", "2022"].computed
    assert isinstance(counted, dict)
    assert counted["motifs"] == {
        "absence de liens pour compléter les informations": 1,
        "incarcération": 1,
        "non adhésion": 1,
    }

    # the same register again undoes nothing of what she did
    _, said = bring(browser, demo_files())
    assert "0 dossier créé, 0 modifié, 0 séance créée." in said
    dossier = Dossier.objects.get(pk=dossier.pk)
    assert (dossier.state, dossier.review_on) == (State.AJOURNE, later)

    # a third version: an income corrected, a lease signed
    third = [line | CHANGES.get(line["reference"], {}) for line in demo_rows()]
    foreseen, said = bring(browser, [("registre.csv", table(HEADERS, third))])
    assert "LDA-2022-002" in foreseen
    assert "Ressources par mois" in foreseen
    assert "0 dossier créé, 2 modifiés, 0 séance créée." in said
    after = figures()
    assert (after["F09", "2023"].computed, after["F04", "2022"].computed) == (1141, 8)

    # the journal tells each act under her name, and names nobody
    acts = Entry.objects.filter(dossier_id=dossier.pk, kind="ACT").order_by("recorded_at")
    assert [entry.event for entry in acts][-3:] == [
        "dossier.reconsider",
        "dossier.complete_evaluation",
        "dossier.adjourn",
    ]
    assert set(acts.values_list("actor_id", flat=True)) == {siao.pk}
    told = " ".join(str(codes) for codes in Entry.objects.values_list("codes", flat=True)).lower()
    assert not [line["nom"] for line in demo_rows() if line["nom"].lower() in told]

    # a stranger saw nothing of it, and can do nothing
    stranger = browse("etranger")
    assert stranger.get(f"/dossiers/{dossier.pk}/").status_code == 404
    assert stranger.post(f"/dossiers/{dossier.pk}/actes/close/", {"outcome": "DECES"}).status_code == 404
