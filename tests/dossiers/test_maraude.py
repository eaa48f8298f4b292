"""Somebody met in the street, who gives her name or does not; met again; named later."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Organisation
from audit.models import Entry
from cases.dossiers.models import Channel, Commune, Dossier, DossierEvent, EventKind, Person, State
from cases.dossiers.operations import (
    Meeting,
    NewDossier,
    NewEntry,
    NewName,
    close,
    give_name,
    meet_again,
    open_dossier,
)
from cases.dossiers.operations.searching import search
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
SENTENCE = "grand, bonnet rouge, un chien noir"


def meet(cast: Cast, account: str = "toit", known_as: str | None = SENTENCE, **told: str) -> Dossier:
    team = {"toit": "Toi(t) d’abord", "prescripteur": "CCAS de Valcombe"}.get(account)
    body = Organisation.objects.known_as(team).get() if team else None
    entry = NewEntry(Channel.MARAUDE, met_at=timezone.now(), place="la gare", people=1, ethos="1 espace public")
    new = NewDossier(told.get("last_name"), prescripteur=body, known_as=known_as, sex="M", entry=entry)
    with acting_as(cast[account]):
        return open_dossier(new, by=cast[account], on=TODAY)


def titulaire(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier)


class TestWithoutAName:
    @pytest.mark.parametrize(
        ("known_as", "shown"),
        [
            ("Le Breton", "Personne dite « Le Breton »"),
            ("Titi", "Personne dite « Titi »"),
            (SENTENCE, f"Personne rencontrée le {TODAY.day}"),
        ],
    )
    def test_how_she_is_called(self, cast: Cast, known_as: str, shown: str) -> None:
        person = titulaire(meet(cast, known_as=known_as))
        assert person.last_name is None
        assert not person.is_named
        for name in (person.name, person.listed_name):
            assert name.replace("1ᵉʳ", "1").startswith(shown)
        assert person.met_on == TODAY

    def test_a_first_name_alone_is_her_name(self) -> None:
        person = Person(first_name="Ahmed", known_as="Ahmed")
        assert (person.name, person.listed_name) == ("Ahmed", "Ahmed")
        assert Person(known_as=SENTENCE).name == "Personne sans nom connu"

    def test_something_to_recognise_her_by(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="reconnaître"):
            meet(cast, known_as=None)
        dossier = meet(cast)
        error = refusal(lambda: execute("UPDATE dossiers_person SET known_as = NULL"))
        assert error.diag.constraint_name == "person_has_a_name_or_a_sign"
        sealed = execute("SELECT known_as FROM dossiers_person WHERE id = %s", titulaire(dossier).pk)
        assert b"bonnet" not in bytes(sealed[0][0])

    def test_her_team_and_the_siao_see_her(self, cast: Cast) -> None:
        dossier = meet(cast)
        assert dossier.state == State.REPERE
        seen = {account for account, user in cast.items() if Dossier.objects.visible_to(user).exists()}
        assert seen == {"siao", "siao2", "animation", "toit"}

    @pytest.mark.parametrize("words", ["breton", "Le Breton", "bret"])
    def test_she_is_found_by_her_nickname(self, cast: Cast, words: str) -> None:
        dossier = meet(cast, known_as="Le Breton")
        make_dossier()
        with acting_as(cast["siao"]):
            assert search(words, by=cast["siao"], session="").found == [dossier.pk]


class TestMetAgain:
    def test_a_dated_fact_with_its_time_and_place(self, cast: Cast) -> None:
        dossier = meet(cast)
        when = timezone.now().replace(hour=0, minute=5) - timedelta(days=1)
        told = Meeting(when, Commune.objects.get(pk="73065"), "place du Palais", "Elle veut en reparler.")
        with acting_as(cast["toit"]):
            fact = meet_again(dossier.pk, told, by=cast["toit"])
        assert (fact.kind, fact.detail, fact.on) == (EventKind.FACT, "RENCONTRE", timezone.localdate(when))
        assert str(fact.note).endswith("Chambéry, place du Palais. Elle veut en reparler.")
        assert DossierEvent.objects.filter(dossier=dossier, detail__isnull=False, kind=EventKind.FACT).count() == 2
        assert Entry.objects.get(event="dossier.met_again").codes == {}

    def test_refused_in_words(self, cast: Cast) -> None:
        dossier = meet(cast)
        with pytest.raises(OperationRefused, match="a déjà eu lieu"):
            meet_again(dossier.pk, Meeting(timezone.now() + timedelta(minutes=5)), by=None)
        for account in ("fol73", "prescripteur", "animation"):
            with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
                meet_again(dossier.pk, Meeting(timezone.now()), by=cast[account])
        close(dossier.pk, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        with pytest.raises(OperationRefused, match="clos"):
            meet_again(dossier.pk, Meeting(timezone.now()), by=None)


class TestNaming:
    def test_she_says_her_name(self, cast: Cast) -> None:
        dossier = meet(cast, known_as="Le Breton")
        with acting_as(cast["toit"]):
            give_name(dossier.pk, NewName("Le Goff", "Yannick", date(1971, 5, 4)), by=cast["toit"])
        person = titulaire(dossier)
        assert (person.listed_name, person.birth_date) == ("Le Goff, Yannick", date(1971, 5, 4))
        assert (person.known_as, person.sex) == ("Le Breton", "M")
        assert Entry.objects.get(event="dossier.named").codes == {}

    def test_refused_in_words(self, cast: Cast) -> None:
        dossier = meet(cast)
        with pytest.raises(OperationRefused, match="Écrivez le nom"):
            give_name(dossier.pk, NewName("  "), by=None)
        with pytest.raises(OperationRefused, match="naissance passée"):
            give_name(dossier.pk, NewName("Le Goff", birth_date=TODAY + timedelta(days=1)), by=None)
        give_name(dossier.pk, NewName("Le Goff"), by=None)
        with pytest.raises(OperationRefused, match="a déjà un nom"):
            give_name(dossier.pk, NewName("Autre"), by=None)

    def test_a_closed_dossier_takes_no_name(self, cast: Cast) -> None:
        dossier = meet(cast)
        close(dossier.pk, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        with pytest.raises(OperationRefused, match="clos"):
            give_name(dossier.pk, NewName("Le Goff"), by=None)
        assert not titulaire(dossier).is_named

    @pytest.mark.django_db(transaction=True)
    def test_two_names_at_once(self, cast: Cast) -> None:
        dossier = meet(cast)
        names = [NewName("Le Goff"), NewName("Le Gall")]
        outcomes = at_once(*(partial(give_name, dossier.pk, name, by=None) for name in names))
        assert sum(outcome is None for outcome in outcomes) == 1
        assert titulaire(dossier).last_name in {"Le Goff", "Le Gall"}
