"""A value of its own in each sealed field of a dossier, looked for in all that each account can make appear."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Organisation
from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, EventKind, PersonRole, State
from cases.dossiers.operations import Answer, NewDocument, NewFact, NewMember, household, inspect
from cases.dossiers.operations.household.births import NewAnimals
from commission import operations as commission
from core.db import acting_as
from core.models import Job, OutboxMessage
from tests.access.pages import each_account, reached
from tests.dossiers.files import pdf, upload
from tests.factories import complete, letter_of, make_dossier
from tests.fixtures import Cast, execute, prove
from vault import keys

pytestmark = pytest.mark.django_db
IDENTITY = {
    "Vuillermoz-Ancelin",
    "Grésillon-Vaugnault",
    "Hermeline",
    "caméléon de Sonnaz",
    "Théodorine",
    "Quincieux",
    "Ildefonse",
    "29/02/1944",
    "1944-02-29",
    "073ZZZZ987651XTEST",
}
DEBT = {"8 642,13"}
MONEY = {"1 357,91", "1357.91", "8642.13"} | DEBT
TEXTS = {"chat borgne", "tante de Fréterive"}
NO_ANSWER = Answer("ORALLY", no_agreement="AUTRE", note="Le chat borgne l’inquiète, chez la tante de Fréterive.")
LETTERS = {"volets de Montendry"}  # who instructs alone
PIECE, HEALTH = {"Avis de Fontcouverte"}, {"Ordonnance de Belmont"}  # what two files say
WHY = {"furet de Myans"}  # why somebody opened one in an emergency
EVERY = IDENTITY | MONEY | TEXTS | LETTERS | PIECE | HEALTH | WHY
# What each account may read of a dossier that is open to its team (domaine § 6); the others read nothing of it.
MAY_READ = {
    "siao": EVERY - HEALTH - WHY,
    "siao2": EVERY - HEALTH - WHY,
    "animation": EVERY - LETTERS - HEALTH - WHY,
    "fol73": EVERY - LETTERS - HEALTH - WHY,
    "sante": IDENTITY | TEXTS | HEALTH,
}
NAMED = ["siao", "animation"]  # on the protected one
# What the fiche of a séance tells its members; what the DPO reads of an emergency.
ELSEWHERE = {**dict.fromkeys(["bailleur", "bailleur2", "ddetspp", "coordination"], DEBT), "dpo": WHY}


@pytest.fixture
def planted(cast: Cast) -> tuple[Dossier, Dossier]:
    """The same values twice: in a dossier open to the SIAO and to FOL 73, in another open to nobody."""
    opened, hidden = _plant(), _plant()
    grant(opened, to=Organisation.objects.known_as("FOL 73").get().team, reason="test", by=None)
    DossierGroupGrant.ever.filter(content_object=hidden).delete()
    urgent = dossiers.Emergency(hidden.reference, "DANGER", "Le furet de Myans ne répond plus.")
    with acting_as(cast["fol73"]):
        assert dossiers.open_urgently(urgent, by=cast["fol73"]) == hidden
    DossierUserGrant.objects.update(valid_until=Now())
    return opened, hidden


@pytest.fixture
def presented(cast: Cast) -> tuple[Dossier, Dossier]:
    """The same values before a séance to come: told to its members, and told then protected."""
    seance = commission.plan_seance(timezone.localdate() + timedelta(days=5), "Salle du Bocage", by=None)
    commission.convene(seance.pk, by=None)
    told, guarded = _plant(state=State.PRET), _plant(state=State.PRET)
    for dossier in (told, guarded):
        complete(dossier)
        commission.enrol(dossier.pk, seance.pk, by=None)
    dossiers.protect(guarded.pk, [cast[account] for account in NAMED], by=cast["siao"])
    return told, guarded


def _plant(**more: Any) -> Dossier:
    dossier = make_dossier(
        **more,
        last_name="Vuillermoz-Ancelin",
        first_name="Théodorine",
        birth_date=date(1944, 2, 29),
        unique_number="073ZZZZ987651XTEST",
        resources=Decimal("1357.91"),
        rent_debt=Decimal("8642.13"),
    )
    dossiers.add_member(dossier.pk, NewMember("Quincieux", "Ildefonse", None, None, PersonRole.AUTRE), by=None)
    dossiers.complete_entry(dossier.pk, NO_ANSWER, by=None)
    who = household.Identity("Grésillon-Vaugnault", "Quincieux", "Hermeline", birth_date=date(1944, 2, 29))
    household.enter_household(dossier.pk, who, household.Place("CONJOINT", "CONJOINT"), on=None, by=None)
    household.note_animals(dossier.pk, NewAnimals(others="caméléon de Sonnaz"), by=None)
    told = NewFact(
        EventKind.STATE, date(2024, 2, 2), detail="EVALUE", note="Le chat borgne, chez la tante de Fréterive."
    )
    dossiers.state_fact(dossier, told, by=None)
    letter_of(dossier, content=json.dumps({"mail": ["Dossier", "Les volets de Montendry sont clos."]}))
    for kind, text in (("AVIS_IMPOSITION", *PIECE), ("MEDICAL", *HEALTH)):
        piece = NewDocument(kind, inspect(upload(pdf(text=text), f"{text}.pdf")), date(2024, 2, 2))
        dossiers.add_documents(dossier.pk, [piece], by=None)
    return dossier


def met_in(text: str) -> set[str]:
    """The planted values that a text holds, whatever its spaces."""
    plain = re.sub(r"\s|&nbsp;|&#160;", " ", text)
    return {value for value in EVERY if value in plain}


def test_the_search_finds_what_is_there() -> None:
    assert met_in("<td>1\u202f357,91\u00a0€</td>") == {"1 357,91"}
    assert met_in("Vuillermoz-Ancelin, née le 29/02/1944") == {"Vuillermoz-Ancelin", "29/02/1944"}
    assert met_in("rien") == set()


@pytest.mark.parametrize("account", each_account("siao2", "sante", "bailleur", "dpo"))
def test_each_account_reads_what_its_role_may(
    planted: tuple[Dossier, Dossier], presented: tuple[Dossier, Dossier], cast: Cast, account: str
) -> None:
    browser = Client()
    browser.force_login(cast[account])
    prove(browser, cast[account])
    opened, hidden = planted
    guarded = presented[1]
    may_read = MAY_READ.get(account, set()) | ELSEWHERE.get(account, set())
    met: set[str] = set()
    for path, page in reached(browser, "/", f"/dossiers/{opened.pk}/" if account in MAY_READ else "/").items():
        assert met_in(path) == set(), "an address names somebody"
        assert str(hidden.pk) not in page, path
        if account not in NAMED:
            assert str(guarded.pk) not in page, path
            assert guarded.reference not in page, path
        found = met_in(page)
        assert found <= may_read, (path, found)
        met |= found
    assert ELSEWHERE.get(account, set()) <= met, "the pages that show it were read"
    if account in MAY_READ:
        assert "Vuillermoz-Ancelin" in met, "the pages that show it were read"
        assert met & (PIECE | HEALTH) == MAY_READ[account] & (PIECE | HEALTH), "the files were read"
        refused = browser.get(f"/dossiers/{hidden.pk}/")
        assert (refused.status_code, met_in(refused.content.decode())) == (404, set())


def test_nothing_that_leaves_the_pages_names_anybody(
    planted: tuple[Dossier, Dossier], cast: Cast, written: io.StringIO
) -> None:
    """Logs, messages to workers, jobs, mails, the journal."""
    for account in MAY_READ:
        browser = Client()
        browser.force_login(cast[account])
        prove(browser, cast[account])
        reached(browser, "/", f"/dossiers/{planted[0].pk}/")
        wrong = {"rent_now": "1357,91 Vuillermoz-Ancelin", "rent_now-vu": "0-x"}
        browser.post(f"/dossiers/{planted[0].pk}/evaluation/ressources/", wrong)
        browser.get("/dossiers/?referent=Vuillermoz-Ancelin")
    told = {
        "logs": written.getvalue().replace("referent=Vuillermoz-Ancelin", ""),
        "messages": str(list(OutboxMessage.objects.values())),
        "jobs": str(list(Job.objects.values())),
        "mails": str([(each.subject, each.body, each.to) for each in mail.outbox]),
        "journal": str(list(Entry.objects.values())),
    }
    assert "dossier.opened" in told["journal"] or "dossiers.listed" in told["journal"]
    assert {name: met_in(text) for name, text in told.items() if met_in(text)} == {}


@pytest.mark.parametrize("account", sorted(MAY_READ))
def test_a_page_that_breaks_names_nobody(planted: tuple[Dossier, Dossier], cast: Cast, account: str) -> None:
    """A sealed value that does not open: the page says so, and nothing else of the dossier."""
    opened, _ = planted
    swapped = "UPDATE dossiers_evaluation SET household_type = resource WHERE dossier_id = %s RETURNING id"
    assert len(execute(swapped, opened.pk)) == 1
    keys.forget_all()
    browser = Client(raise_request_exception=False)
    browser.force_login(cast[account])
    prove(browser, cast[account])
    answer = browser.get(f"/dossiers/{opened.pk}/")
    assert answer.status_code == 500
    assert met_in(answer.content.decode()) == set()
