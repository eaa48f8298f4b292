"""A value of its own in each sealed field of a dossier, looked for in all that each account can make appear."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client

from audit.models import Entry
from cases.dossiers.models import Dossier
from core.models import Job, OutboxMessage
from tests.access.pages import each_account, reached
from tests.access.plantation import (
    APART,
    ELSEWHERE,
    EVERY,
    EXCUSED,
    MAY_READ,
    NAMED,
    PLANTED,
    Planted,
    holds,
    plant,
    plant_presented,
)
from tests.fixtures import Cast, execute, prove
from vault import keys
from vault.fields import EncryptedField
from vault.rows import Vaulted, sealed_fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def planted(cast: Cast) -> Planted:
    """The same values twice: in a dossier open to the SIAO and to FOL 73, in another open to nobody."""
    return plant(cast)


@pytest.fixture
def presented(cast: Cast) -> tuple[Dossier, Dossier]:
    """The same values before a séance to come: told to its members, and told then protected."""
    return plant_presented(cast)


def met_in(text: str) -> set[str]:
    """The planted values that a text holds, whatever its spaces."""
    plain = re.sub(r"\s|&nbsp;|&#160;", " ", text)
    return {value for value in EVERY if value in plain}


def test_the_search_finds_what_is_there() -> None:
    assert met_in("<td>1\u202f357,91\u00a0€</td>") == {"1 357,91"}
    assert met_in("Vuillermoz-Ancelin, née le 29/02/1944") == {"Vuillermoz-Ancelin", "29/02/1944"}
    assert met_in("rien") == set()


def sealed_columns() -> dict[str, tuple[type[Vaulted], str]]:
    """By label, every sealed column of the product."""
    models = [model for model in apps.get_models() if issubclass(model, Vaulted)]
    ours = [model for model in models if not model.__module__.startswith("tests.")]
    return {
        field.label: (model, name)
        for model in ours
        for name, field in sealed_fields(model).items()
        if isinstance(field, EncryptedField)
    }


def test_each_sealed_column_is_planted_or_excused() -> None:
    """A new column is named in `PLANTED`, or in `EXCUSED` with why nothing of its own can stand there."""
    columns = set(sealed_columns())
    assert columns - set(PLANTED) - set(EXCUSED) == set(), "plant something there"
    assert (set(PLANTED) | set(EXCUSED)) - columns == set(), "there is no such column"
    assert set(PLANTED) & set(EXCUSED) == set()
    assert all(len(why) > 20 for why in EXCUSED.values())


@pytest.mark.usefixtures("planted", "presented")
def test_what_is_planted_stands_in_its_column_and_is_looked_for() -> None:
    for label, (model, name) in sealed_columns().items():
        if label in PLANTED:
            value = PLANTED[label]
            assert any(holds(getattr(found, name), value) for found in model._default_manager.all()), label
            written = f"{value}" if not isinstance(value, date) else value.isoformat()
            assert met_in(written), f"nobody looks for {label}"


@pytest.mark.parametrize("account", each_account("sante", "bailleur", "dpo"))
def test_each_account_reads_what_its_role_may(
    planted: Planted, presented: tuple[Dossier, Dossier], cast: Cast, account: str
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
        assert met & APART == MAY_READ[account] & APART, "files, health and justice were read"
        refused = browser.get(f"/dossiers/{hidden.pk}/")
        assert (refused.status_code, met_in(refused.content.decode())) == (404, set())


@pytest.mark.long
def test_nothing_that_leaves_the_pages_names_anybody(planted: Planted, cast: Cast, written: io.StringIO) -> None:
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
def test_a_page_that_breaks_names_nobody(planted: Planted, cast: Cast, account: str) -> None:
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
