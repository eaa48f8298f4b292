"""Two persons whom nothing brought together: compared by hand, from the reference of the other dossier."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, Level, Likeness, PersonLink, PersonRole, Why
from cases.dossiers.operations import household
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.test_likeness import browser, newer, older
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, text_of

pytestmark = pytest.mark.django_db
__all__ = ["browser"]  # a fixture


class TestByHand:
    """Whom nothing brings together, and whom the referent recognises."""

    def compare(self, browser: Client, dossier: Dossier, **sent: str) -> Any:
        return browser.post(f"/dossiers/{dossier.pk}/doublons/comparer/", sent, follow=True)

    def test_two_whom_nothing_brings_together_are_compared_then_linked(self, browser: Client, siao: User) -> None:
        one = make_dossier(referent=siao, last_name="Orsel", first_name="Berthe", unique_number=None)
        other = make_dossier(referent=siao, last_name="Vallet", first_name="Huguette", birth_date=None)
        assert not Likeness.objects.exists()
        answer = self.compare(browser, one, reference=f" {other.reference.lower()} ")
        found = Likeness.objects.get()
        assert (found.level, found.reasons) == (Level.POSSIBLE, [Why.BY_HAND])
        said = text_of(answer)
        for words in ("Est-ce la même personne ?", "Rapprochement fait par quelqu’un", "Orsel", "Vallet"):
            assert words in said, words
        browser.post(f"/dossiers/doublons/{found.pk}/repondre/", {"reponse": "meme"})
        assert PersonLink.objects.live().count() == 1
        assert other.reference in text_of(browser.get(one.get_absolute_url()))

    def test_the_question_of_before_is_the_one_asked(self, browser: Client, siao: User) -> None:
        before, dossier = older(siao), newer(siao)
        asked = Likeness.objects.get()
        answer = self.compare(browser, dossier, reference=before.reference)
        assert answer.redirect_chain[-1][0] == f"/dossiers/doublons/{asked.pk}/"
        assert Likeness.objects.get() == asked

    def test_whom_in_a_household_is_asked(self, browser: Client, siao: User) -> None:
        one, other = make_dossier(referent=siao, last_name="Orsel"), make_dossier(referent=siao, last_name="Vallet")
        who = household.Identity("Brunet", first_name="Zoé")
        child = household.enter_household(other.pk, who, household.Place(PersonRole.ENFANT), on=None, by=siao)
        first = self.compare(browser, one, reference=other.reference)
        assert first.status_code == 422
        assert "Qui, dans l’autre dossier" in text_of(first)
        assert "Zoé" in text_of(first)
        assert Entry.objects.filter(event="dossier.compared", dossier_id=other.pk, actor_id=siao.pk).exists()
        self.compare(browser, one, reference=other.reference, other=str(child.person_id))
        found = Likeness.objects.get(reasons__contains=[Why.BY_HAND])
        assert {found.one_id, found.other_id} == {one.participants.get().person_id, child.person_id}

    @pytest.mark.parametrize("reference", ["", "LDA-2019-ABCD", "x" * 41, "%", "\0"])
    def test_a_reference_that_names_none_keeps_what_was_written(
        self, browser: Client, siao: User, reference: str
    ) -> None:
        one = make_dossier(referent=siao)
        answer = self.compare(browser, one, reference=reference)
        assert answer.status_code == 422
        assert not Likeness.objects.exists()

    def test_what_one_does_not_see_answers_as_what_does_not_exist(self, browser: Client, siao: User) -> None:
        one, hidden = make_dossier(referent=siao), make_dossier(referent=siao)
        Dossier.objects.filter(pk=hidden.pk).update(is_protected=True)
        execute("UPDATE dossiers_dossier SET open_to = '{}' WHERE id = %s", hidden.pk)
        said = [text_of(self.compare(browser, one, reference=ref)) for ref in (hidden.reference, "LDA-2019-ABCD")]
        assert "Aucun dossier qui vous est ouvert ne porte cette référence." in said[0]
        assert said[0].replace(hidden.reference, "") == said[1].replace("LDA-2019-ABCD", "")

    def test_with_a_dossier_that_joined_another(self, browser: Client, siao: User) -> None:
        """All have left it: they are still who one compares, from both sides."""
        one, joined, into = (make_dossier(referent=siao, last_name=name) for name in ("Orsel", "Vallet", "Brunet"))
        stay = joined.participants.get()
        places = {stay.pk: PersonRole.AUTRE}
        household.unite_households(into.pk, joined.pk, on=timezone.localdate(), by=siao, places=places)
        Likeness.objects.all().delete()
        for here, there in ((one, joined), (joined, one)):
            assert self.compare(browser, here, reference=there.reference).status_code == 200
            found = Likeness.objects.get()
            assert {found.one_id, found.other_id} == {one.participants.get().person_id, stay.person_id}

    def test_ones_own_reference_is_said_to_be_so(self, browser: Client, siao: User) -> None:
        one = make_dossier(referent=siao)
        answer = self.compare(browser, one, reference=one.reference)
        assert "C’est la référence de ce dossier" in text_of(answer)

    def test_of_one_household_it_is_another_matter(self, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        who = household.Identity("Brunet", first_name="Zoé")
        child = household.enter_household(dossier.pk, who, household.Place(PersonRole.ENFANT), on=None, by=siao)
        titulaire = dossier.participants.get(role=PersonRole.TITULAIRE).person_id
        with pytest.raises(OperationRefused, match="même ménage"):
            operations.compare_by_hand(titulaire, child.person_id, by=siao)

    @pytest.mark.parametrize("account", ["prescripteur", "fol73", "sante", "dpo", "admin", "etranger"])
    def test_by_who_instructs_alone(self, cast: Cast, siao: User, account: str) -> None:
        one, other = (make_dossier(referent=siao).participants.get().person_id for _ in range(2))
        with pytest.raises(NotAllowed):
            operations.compare_by_hand(one, other, by=cast[account])
