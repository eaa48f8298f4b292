"""A refused act comes back to where one was, with a sentence; never to somebody else's site."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from accounts.models import User
from cases.dossiers.models import Dossier, DossierEvent, State
from core.errors import NotAllowed, OperationRefused
from core.http import CHANGED, came_from, refusals_to_messages, sentence_of
from tests.factories import make_dossier
from tests.fixtures import execute

PLAIN = "L’enregistrement n’a pas abouti"


def request(**headers: str) -> HttpRequest:
    made = RequestFactory().post("/dossiers/x/", headers=headers)
    made.session = {}  # type: ignore[assignment]
    made._messages = FallbackStorage(made)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    "page",
    [
        "https://ailleurs.example/",
        "//ailleurs.example/",
        "https:ailleurs.example",
        "http:///ailleurs.example",
        "/\\ailleurs.example",
        "\\\\ailleurs.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://testserver@ailleurs.example/",
        "http://testserver.ailleurs.example/",
        "https://testserver:8443@ailleurs.example/",
        "\thttp://ailleurs.example",
        "",
    ],
)
def test_only_our_own_pages(page: str) -> None:
    assert came_from(request(referer=page)) == "/"


@pytest.mark.parametrize("page", ["http://testserver/dossiers/?etat=PRET", "/dossiers/"])
def test_the_page_one_was_on(page: str) -> None:
    assert came_from(request(referer=page)) == page


def test_from_a_secure_page_never_to_an_insecure_one() -> None:
    secure = RequestFactory().post("/", secure=True, headers={"referer": "http://testserver/x"})
    assert came_from(secure) == "/"


def answer(error: Exception) -> tuple[HttpResponseBase, list[str]]:
    """What a view that raises `error` answers, and what it says."""

    @refusals_to_messages
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    asked = request(referer="http://testserver/dossiers/")
    return view(asked), [str(message) for message in get_messages(asked)]


@pytest.mark.parametrize("kind", [OperationRefused, NotAllowed])
def test_a_refusal_is_said_as_it_is(kind: type[OperationRefused]) -> None:
    response, said = answer(kind("Il manque la date.", "Donnez-la."))
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"] == "http://testserver/dossiers/"
    assert said == ["Il manque la date. Donnez-la."]


def test_a_move_no_longer_possible() -> None:
    dossier = Dossier(state=State.CLOS)

    @refusals_to_messages
    def view(request: HttpRequest) -> HttpResponse:
        dossier.close(on=date(2024, 5, 2))
        return HttpResponse()

    asked = request()
    assert view(asked).status_code == HTTPStatus.FOUND
    assert [str(message) for message in get_messages(asked)] == [CHANGED]


@pytest.mark.parametrize("error", [ValueError, PermissionError, Dossier.DoesNotExist])
def test_anything_else_is_not_hidden(error: type[Exception]) -> None:
    with pytest.raises(error):
        answer(error("une donnée"))


def integrity_error(statement: str, *parameters: object) -> IntegrityError:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        execute(statement, *parameters)
    return refused.value


class TestSentence:
    """French words of ours, or a plain sentence: PostgreSQL's own are English and quote values."""

    def test_of_a_trigger(self, dossier: Dossier) -> None:
        error = integrity_error("UPDATE dossiers_dossier SET state = 'LOGE' WHERE id = %s", dossier.pk)
        assert sentence_of(error) == "Passage non prévu : de EVALUE à LOGE."

    def test_of_a_unique_value(self, dossier: Dossier) -> None:
        other = "INSERT INTO dossiers_motive SELECT * FROM dossiers_motive WHERE code = 'DECES'"
        assert sentence_of(integrity_error(other)).startswith(PLAIN)

    def test_of_a_check(self, dossier: Dossier) -> None:
        error = integrity_error("UPDATE dossiers_dossier SET closed_on = now() WHERE id = %s", dossier.pk)
        assert sentence_of(error).startswith("Un dossier clos a une date de clôture")

    def test_of_a_check_without_words(self, dossier: Dossier) -> None:
        error = integrity_error("UPDATE dossiers_dossier SET reference = '' WHERE id = %s", dossier.pk)
        assert sentence_of(error).startswith(PLAIN)

    def test_of_a_unique_row(self, dossier: Dossier) -> None:
        another = make_dossier()
        error = integrity_error("UPDATE dossiers_dossier SET reference = %s", another.reference)
        assert sentence_of(error) == "Cette référence existe déjà."

    def test_of_a_missing_value(self, dossier: Dossier) -> None:
        error = integrity_error("UPDATE dossiers_dossier SET reference = NULL WHERE id = %s", dossier.pk)
        assert sentence_of(error).startswith(PLAIN)

    def test_of_a_missing_row(self, dossier: Dossier, siao: User) -> None:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        event = DossierEvent.objects.filter(dossier=dossier)[0]
        error = integrity_error(
            "UPDATE dossiers_dossierevent SET recorded_by_id = %s WHERE id = %s", event.pk, event.pk
        )
        assert sentence_of(error).startswith(PLAIN)

    def test_without_postgresql(self) -> None:
        assert sentence_of(IntegrityError("valeur")).startswith(PLAIN)
