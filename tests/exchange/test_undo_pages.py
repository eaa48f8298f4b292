"""The pages of undoing: the last imports, what would go, why it stays; as the referent does it, under row security."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from audit.models import Entry
from cases.dossiers.models import Dossier
from cases.dossiers.operations import remind
from core import outbox
from core.models import Job, JobState
from exchange.models import Import
from exchange.views import undoing as views
from tests.exchange.registers import LEASE, PRESENTED, row
from tests.exchange.test_undo import DAY, RICH, TODAY, imported
from tests.fixtures import Cast, prove, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
HERE = "/import/"


def page_of(told: Import) -> str:
    return f"{HERE}{told.pk}/defaire/"


def test_the_last_imports_are_listed_for_the_organisation(browse: Browse, cast: Cast) -> None:
    assert "Derniers imports" not in text_of(browse("siao").get(HERE))
    told = imported(cast["siao"], seances=[DAY])
    changed = imported(cast["siao"], RICH[0] | {"ressources_mensuelles": "700"})
    page = browse("siao2").get(HERE)
    said = text_of(page)
    assert f"{cast['siao']} : 3 dossiers créés, 1 séance créée." in said
    assert "1 modifié" in said
    assert "Il a modifié ce qui existait : il ne se défait pas." in said
    assert page_of(told) in page.content.decode()
    assert page_of(changed) not in page.content.decode()


def test_the_list_asks_the_same_whatever_its_length(browse: Browse, cast: Cast) -> None:
    browser = browse("siao")
    imported(cast["siao"], row("A"))
    browser.get(HERE)
    with statements() as few:
        browser.get(HERE)
    for n in range(12):
        imported(cast["siao"], row(f"B{n}"))
    with statements() as many:
        page = browser.get(HERE)
    assert len(many) == len(few)
    assert page.content.decode().count("/defaire/") == 10


def test_what_goes_is_said_then_goes(browse: Browse, cast: Cast) -> None:
    told = imported(cast["siao"], seances=[DAY])
    browser = browse("siao")
    said = text_of(browser.get(page_of(told)))
    assert "3 dossiers, avec tout ce que l’import y a écrit" in said
    assert "Le journal" in said
    assert Dossier.objects.count() == 3
    answer = browser.post(page_of(told), follow=True)
    assert answer.redirect_chain == [(HERE, 302)]
    assert "L’import est défait : 3 dossiers et 1 séance ont disparu" in text_of(answer)
    assert "Défait le" in text_of(answer)
    assert not Dossier.objects.exists()
    assert Entry.objects.get(event="register.undone").actor_id == cast["siao"].pk
    again = browser.post(page_of(told))
    assert (again.status_code, "Cet import est déjà défait." in text_of(again)) == (422, True)


def test_why_it_stays_is_said_before_and_after(browse: Browse, cast: Cast) -> None:
    told = imported(cast["siao"], row("A", PRESENTED, **LEASE), row("B"))
    browser = browse("siao")
    assert "Défaire cet import" in text_of(browser.get(page_of(told)))
    remind(Dossier.objects.get(reference="B").pk, text="Rappeler.", due_on=TODAY, by=cast["siao"])
    refused = browser.post(page_of(told))
    for page, status in ((refused, 422), (browser.get(page_of(told)), 200)):
        assert page.status_code == status
        said = text_of(page)
        assert "On a travaillé depuis dans 1 dossier de cet import : B." in said
        assert "Défaire cet import" not in said
    assert Dossier.objects.count() == 2


@pytest.mark.parametrize(
    "account",
    ["animation", "prescripteur", "bailleur", "coordination", "fol73", "observatoire", "dpo", "admin", "etranger"],
)
def test_it_does_not_exist_for_others(browse: Browse, cast: Cast, account: str) -> None:
    told = imported(cast["siao"], row())
    browser = browse(account)
    for pk in (told.pk, uuid4()):
        assert browser.get(f"{HERE}{pk}/defaire/").status_code == 404
        assert browser.post(f"{HERE}{pk}/defaire/").status_code == 404
    assert Dossier.objects.exists()


def test_an_old_proof_asks_for_a_new_one(browse: Browse, cast: Cast) -> None:
    told = imported(cast["siao"], row())
    browser = browse("siao")
    session = browser.session
    session.pop("account_authentication_methods")
    session.save()
    prove(browser, cast["siao"], ago=301)
    for answer in (browser.get(page_of(told)), browser.post(page_of(told))):
        assert answer.headers["Location"].startswith("/connexion/prouver/")
    assert Dossier.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_long_one_is_undone_while_one_does_something_else(
    browse: Browse, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_ROWS", 2)
    told = imported(cast["siao"], seances=[DAY])
    browser = browse("siao")
    answer = browser.post(page_of(told))
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/travaux/{job.pk}/"
    assert browser.post(page_of(told)).headers["Location"] == f"/travaux/{job.pk}/"
    assert Dossier.objects.count() == 3
    outbox.run_all()
    job = Job.objects.get()
    assert (job.state, job.sentence[:40]) == (JobState.DONE, "L’import est défait : 3 dossiers et 1 sé")
    assert not Dossier.objects.exists()
    assert Entry.objects.get(event="register.undone").actor_id == cast["siao"].pk
    assert "Import à défaire" in text_of(browser.get(f"/travaux/{job.pk}/"))


@pytest.mark.django_db(transaction=True)
def test_a_long_one_on_which_something_was_built_meanwhile_stays(
    browse: Browse, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_ROWS", 2)
    told = imported(cast["siao"])
    browse("siao").post(page_of(told))
    remind(Dossier.objects.get(reference="ESSAI-002").pk, text="Rappeler.", due_on=TODAY, by=cast["siao"])
    outbox.run_all()
    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert "ESSAI-002" in job.sentence
    assert Dossier.objects.count() == 3
