"""An extraction of SI-SIAO on its page: compared, answered one by one, as the referent does it, under row security."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import Entry, Kind
from cases.dossiers.models import (
    Dossier,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    HousingRequest,
    Person,
    Prescription,
    ResidentialSituation,
    State,
)
from cases.dossiers.operations import household, start_evaluation, take
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from exchange import operations
from exchange.models import CodedColumn, Compared, KeptDifference, PendingImport, Recognised, Sent, ValueMapping
from exchange.operations import pending as kept
from tests.exchange.reading.builders import csv_bytes, xlsx_bytes
from tests.exchange.registers import row, told_well
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
HERE = "/import/si-siao/"
HEADERS = [
    *("N° SI-SIAO", "Nom", "Prénom", "Sexe", "Date de naissance", "Date de la demande", "N° unique"),
    *("Statut", "Situation résidentielle", "Composition du ménage"),
]
NUMBER = "0730223009001XTEST"  # of the register's row
NEW = ["S-100", "Vermorel", "Clotilde", "F", "02/03/1991", "01/09/2026", "", "Transmise", "Rue", "Femme seule"]
KNOWN = ["S-200", "QUETSCHELIER", "Barnabé", "H", "15/04/1980", "01/02/2023", NUMBER, "", "", ""]
ALIKE = ["S-300", "Quetschellier", "Barnabé", "H", "15/04/1980", "", "", "", "", ""]


def line(base: list[str], **told: str) -> list[str]:
    """A row, with other words in some columns (by their meaning)."""
    names = ("number", "last", "first", "sex", "born", "asked", "unique", "status", "ethos", "household")
    return [told.get(name, value) for name, value in zip(names, base, strict=True)]


def send(browser: Client, *lines: Sequence[str], headers: Sequence[str] = HEADERS, name: str = "extraction.csv") -> str:
    """The address of the comparison."""
    answer = browser.post(HERE, {"extraction": [SimpleUploadedFile(name, csv_bytes([headers, *lines]))]})
    assert answer.status_code == 302, text_of(answer)
    return str(answer.headers["Location"])


def counts(browser: Client, page: str) -> tuple[int, int, int]:
    """New, absent, different."""
    found = re.findall(r"<dd>([^<]*)</dd></div>", browser.get(page).content.decode())
    new, absent, different = (int(each) for each in found[:3])
    return new, absent, different


def shown(page: str, by: Cast, account: str = "siao") -> operations.Reconciliation:
    with acting_as(by[account]):
        return operations.reconcile(PendingImport.objects.get(pk=page.split("/")[-2]), by=by[account])


def answer(browser: Client, page: str, verb: str, found: operations.Reconciliation, field: Compared) -> str:
    """Press a button of a difference; what the page then says."""
    each = next(each for each in found.differences if each.field == field)
    told = {"row": each.row.rank, "field": field.value, "mark": each.mark}
    address = reverse(f"exchange:si_siao_{verb}", args=[page.split("/")[-2], each.dossier.pk])
    return text_of(browser.post(address, told, headers={"referer": f"http://testserver{page}"}, follow=True))


@pytest.fixture
def known(cast: Cast) -> Dossier:
    """One dossier of the register, evaluated and waiting; its unique number is that of `KNOWN`."""
    told_well(row("ESSAI-1", ressources_mensuelles="600"), by=cast["siao"])
    return Dossier.objects.get()


class TestSend:
    def test_three_parts_with_counts_and_nothing_is_written(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        alone = row(
            "ESSAI-2", nom="Vauquelin", prenom="Rosalie", sexe="F", composition="Femme isolée", numero_unique=""
        )
        told_well(alone, by=cast["siao"])
        browser = browse("siao")
        before = Entry.objects.filter(kind=Kind.ACT).count()
        page = send(browser, NEW, line(KNOWN, first="Bernabé"))
        said = text_of(browser.get(page))
        assert counts(browser, page) == (1, 1, 1)
        assert "Dans le SI-SIAO, pas dans les dossiers qui vous sont ouverts 1" in said
        assert "Vermorel Clotilde" in said
        assert "ESSAI-2" in said
        assert "Prénom Barnabé Bernabé Accepter" in said
        assert "3 mots du SI-SIAO n’ont pas encore de sens ici" in said
        acts = list(Entry.objects.filter(kind=Kind.ACT).order_by("recorded_at").values_list("event", flat=True))
        assert acts[before:] == ["si_siao.received"]
        assert Entry.objects.filter(event="dossier.compared").values("dossier_id").distinct().count() == 2

    def test_the_import_page_leads_here(self, browse: Browse) -> None:
        assert HERE in browse("siao").get("/import/").content.decode()

    def test_what_waits_is_sealed_its_senders_alone_and_expires(self, browse: Browse) -> None:
        browser = browse("siao")
        page = send(browser, NEW)
        assert browse("siao2").get(page).status_code == 404
        assert browser.get(page.replace("si-siao/", "")).status_code == 404, "it is no register"
        browser.post("/import/", {"register": [SimpleUploadedFile("a.csv", csv_bytes([HEADERS, NEW]))]})
        assert browser.get(page).status_code == 200, "a register that is sent leaves it there"
        kept.expire(PendingImport.objects.get(kind=Sent.SI_SIAO).pk)
        assert browser.get(page).status_code == 404

    @pytest.mark.parametrize("account", ["prescripteur", "bailleur", "observatoire", "admin"])
    def test_others_have_no_such_page(self, browse: Browse, account: str) -> None:
        assert browse(account).get(HERE).status_code == 404

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("notes.csv", b"a;b\n1;2\n", "n’est pas une extraction du SI-SIAO que Seuil reconnaît"),
            ("extraction.xlsx", b"%PDF-1.7 quelque chose", "est un document PDF"),
            ("extraction.csv", "N° SI-SIAO;Nom;Prénom\nS-1;=1+1;A\n".encode(), "contient une formule"),
            ("extraction.csv", b"", "Un de ces fichiers est vide"),
        ],
    )
    def test_a_refused_file_says_why_and_nothing_is_kept(
        self, browse: Browse, name: str, content: bytes, said: str
    ) -> None:
        sent = browse("siao").post(HERE, {"extraction": [SimpleUploadedFile(name, content)]})
        assert sent.status_code == 422
        assert said in text_of(sent)
        assert not PendingImport.objects.exists()

    def test_too_many_rows_are_refused(self, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "MOST_ROWS", 1)
        lines = [HEADERS, NEW, line(NEW, number="S-101")]
        sent = browse("siao").post(HERE, {"extraction": [SimpleUploadedFile("e.csv", csv_bytes(lines))]})
        assert "Cette extraction a plus de 1 lignes" in text_of(sent)

    def test_a_workbook_is_read_and_bad_rows_stand_apart(self, browse: Browse) -> None:
        browser = browse("siao")
        lines = [HEADERS, NEW, line(NEW, number="S-101", born="31/02/1990"), line(NEW, last="Autre")]
        made = xlsx_bytes({"Demandes": lines})
        page = browser.post(HERE, {"extraction": [SimpleUploadedFile("e.xlsx", made)]}).headers["Location"]
        said = text_of(browser.get(page))
        assert counts(browser, page) == (1, 0, 0)
        assert "une date qui existe au calendrier" in said.lower()
        assert "Un numéro écrit une seule fois (la ligne 2 le porte déjà)" in said

    def test_unknown_headers_are_told_once(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        headers = ["Fiche", "Qui", "Petit nom", "Jour J"]
        page = send(browser, ["S-9", "Vermorel", "Clotilde", "02/03/1991"], headers=headers)
        columns = f"/import/{page.split('/')[-2]}/colonnes/"
        assert browser.get(page).headers["Location"] == columns
        meanings = {"column_0": "number", "column_1": "last_name", "column_2": "first_name", "column_3": "birth_date"}
        refused = browser.post(columns, {"name": "Extraction", "column_1": "last_name"})
        assert "il manque « N° SI-SIAO », « Prénom »" in text_of(refused)
        told = browser.post(columns, {"name": "Extraction", **meanings}, follow=True)
        assert told.redirect_chain == [(page, 302)]
        assert "Vermorel Clotilde , 02/03/1991" in text_of(told)
        again = send(browse("siao2"), ["S-9", "Vermorel", "Clotilde", "02/03/1991"], headers=headers[::-1])
        assert browse("siao2").get(again).status_code == 200
        assert "SI-SIAO" in text_of(browser.get("/import/correspondances/"))
        assert operations.told_by(cast["siao"]) == [], "a register does not read it"


class TestMatch:
    def test_by_unique_number_then_by_the_number_that_is_known(
        self, browse: Browse, known: Dossier, cast: Cast
    ) -> None:
        browser = browse("siao")
        page = send(browser, line(KNOWN, unique="073 0223 009001 xtest"), line(ALIKE))
        found = shown(page, cast)
        assert found.matches.sure == {0: known.pk}
        assert found.likely == [], "the dossier is taken"
        assert [each.rank for each in found.new] == [1]
        with acting_as(cast["siao"]):
            waiting = PendingImport.objects.get()
            operations.recognise(waiting, known.pk, rank=1, is_same=True, by=cast["siao"])
        assert shown(page, cast).matches.sure == {1: known.pk}
        assert shown(page, cast).matches.twice == {0: 3}
        assert "Une seule ligne par dossier (la ligne 3" in text_of(browser.get(page))

    def test_a_name_and_a_birth_date_propose_and_do_not_decide(
        self, browse: Browse, known: Dossier, cast: Cast
    ) -> None:
        browser = browse("siao")
        page = send(browser, line(ALIKE, sex="F"))
        said = text_of(browser.get(page))
        assert counts(browser, page) == (0, 0, 0), "not new, not absent, and nothing is compared yet"
        assert "ressemble à ESSAI-1" in said
        address = reverse("exchange:si_siao_recognise", args=[page.split("/")[-2], known.pk])
        browser.post(address, {"row": 0, "verdict": "autre"})
        assert counts(browser, page) == (1, 1, 0)
        browser.post(address, {"row": 0, "verdict": "meme"})
        assert shown(page, cast).matches.sure == {0: known.pk}
        assert {each.field for each in shown(page, cast).differences} == {Compared.LAST_NAME, Compared.SEX}
        assert Recognised.objects.count() == 2
        told = Entry.objects.filter(dossier_id=known.pk, event__startswith="si_siao.").order_by("recorded_at")
        assert [each.event for each in told] == ["si_siao.told_apart", "si_siao.recognised"]

    def test_a_hidden_dossier_does_not_exist(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            Recognised(
                subject_id=known.household_id,
                dossier=known,
                number="S-200",
                is_same=True,
                told_at=known.created_at,
                told_by=cast["siao"],
            ).save(force_insert=True)
        DossierGroupGrant.ever.filter(content_object=known).delete()
        DossierUserGrant.ever.filter(content_object=known).delete()
        browser = browse("siao2")
        page = send(browser, KNOWN, line(ALIKE))
        said = text_of(browser.get(page))
        assert counts(browser, page) == (2, 0, 0)
        assert "ESSAI-1" not in said
        assert "pas dans les dossiers qui vous sont ouverts 2" in said
        for verb in ("accept", "keep", "recognise"):
            address = reverse(f"exchange:si_siao_{verb}", args=[page.split("/")[-2], known.pk])
            assert browser.post(address, {"row": 0, "field": "sex", "verdict": "meme"}).status_code == 404


class TestAnswer:
    def test_an_identity_is_taken_over_and_found_again(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        browser = browse("siao")
        page = send(browser, line(KNOWN, last="Quetschelier-Morand", first="Bernabé", sex="F", born="15/04/1981"))
        for field in (Compared.LAST_NAME, Compared.FIRST_NAME, Compared.SEX, Compared.BIRTH_DATE):
            said = answer(browser, page, "accept", shown(page, cast), field)
            assert f"Dossier ESSAI-1 : « {field.label} » est repris du SI-SIAO." in said
        person = Person.objects.get()
        assert (person.last_name, person.first_name, person.sex) == ("Quetschelier-Morand", "Bernabé", "F")
        assert person.birth_date == date(1981, 4, 15)
        assert counts(browser, page) == (0, 0, 0)
        accepted = Entry.objects.filter(event="si_siao.accepted", actor_id=cast["siao"].pk).order_by("recorded_at")
        assert [entry.codes["field"] for entry in accepted] == ["last_name", "first_name", "sex", "birth_date"]

    def test_an_answer_of_the_evaluation_alone_changes(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        known = Dossier.objects.get()
        assert known.state in {State.EVALUE, State.EN_EVALUATION}
        with acting_as(cast["siao"]):
            told = {
                (CodedColumn.ETHOS, "Rue"): "1 espace public",
                (CodedColumn.HOUSEHOLD, "Couple"): "COUPLE_SANS_ENFANT",
            }
            operations.tell_values(told, by=cast["siao"])
        browser = browse("siao")
        page = send(browser, line(KNOWN, ethos="RUE", household="couple"))
        assert counts(browser, page) == (0, 0, 2)
        answer(browser, page, "accept", shown(page, cast), Compared.ETHOS)
        last = Evaluation.objects.filter(dossier=known).current().get()
        assert (last.ethos, last.household_type) == ("1 espace public", "HOMME_ISOLE_SANS_ENFANT")
        answer(browser, page, "accept", shown(page, cast), Compared.HOUSEHOLD)
        last = Evaluation.objects.filter(dossier=known).current().get()
        assert (last.household_type, last.resources) == ("COUPLE_SANS_ENFANT", Decimal(600))
        assert counts(browser, page) == (0, 0, 0)

    def test_a_refused_difference_comes_back_when_a_value_changes(
        self, browse: Browse, known: Dossier, cast: Cast
    ) -> None:
        browser = browse("siao")
        page = send(browser, line(KNOWN, first="Bernabé"))
        said = answer(browser, page, "keep", shown(page, cast), Compared.FIRST_NAME)
        assert "« Prénom » reste comme dans Seuil" in said
        assert counts(browser, page) == (0, 0, 0)
        assert counts(browser, send(browser, line(KNOWN, first="Bernabé"))) == (0, 0, 0), "of another extraction too"
        assert counts(browser, send(browser, line(KNOWN, first="Barnabas"))) == (0, 0, 1)
        stay = known.participants.get()
        who = household.Identity(birth_name="Quetschelier", first_name="Bernard", sex="M", birth_date=date(1980, 4, 15))
        household.correct_member(known.pk, stay.pk, who, household.Place("TITULAIRE"), on=None, by=None)
        assert counts(browser, send(browser, line(KNOWN, first="Bernabé"))) == (0, 0, 1)
        assert KeptDifference.objects.get().told == '["Barnabé", "Bernabé"]'
        assert Person.objects.get().first_name == "Bernard"

    def test_what_changed_since_is_read_again(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        browser = browse("siao")
        page = send(browser, line(KNOWN, first="Bernabé"))
        before = shown(page, cast)
        answer(browser, page, "accept", before, Compared.FIRST_NAME)
        assert "a changé depuis que la page est ouverte" in answer(browser, page, "accept", before, Compared.FIRST_NAME)
        waiting = PendingImport.objects.get()
        with acting_as(cast["siao"]), pytest.raises(OperationRefused, match="n’est plus dans l’extraction"):
            operations.accept(waiting, known.pk, "sex", rank=9, mark="", by=cast["siao"])
        with acting_as(cast["siao"]), pytest.raises(OperationRefused, match="a changé"):
            operations.keep(waiting, known.pk, "referent", rank=0, mark="", by=cast["siao"])

    def test_a_state_follows_acts_and_an_evaluation_its_time(self, browse: Browse, known: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            operations.tell_values({(CodedColumn.STATUS, "Annulée"): "CLOS"}, by=cast["siao"])
        browser = browse("siao")
        page = send(browser, line(KNOWN, status="annulée"))
        assert "faites l’acte dans le dossier" in text_of(browser.get(page))
        assert "L’état suit les actes" in answer(browser, page, "accept", shown(page, cast), Compared.STATUS)
        assert Dossier.objects.get().state == known.state
        answer(browser, page, "keep", shown(page, cast), Compared.STATUS)
        assert counts(browser, page) == (0, 0, 0)

    def test_an_empty_cell_contradicts_nothing_and_case_does_not_count(self, browse: Browse, known: Dossier) -> None:
        browser = browse("siao")
        assert counts(browser, send(browser, line(KNOWN, sex="", born="", first="BARNABE"))) == (0, 0, 0)

    def test_the_right_is_asked(self, cast: Cast, known: Dossier) -> None:
        waiting = PendingImport.objects.create(owner=cast["fol73"], kind=Sent.SI_SIAO, created_at=known.created_at)
        for work in (
            lambda: operations.reconcile(waiting, by=cast["fol73"]),
            lambda: operations.accept(waiting, known.pk, "sex", rank=0, mark="", by=cast["fol73"]),
            lambda: operations.keep(waiting, known.pk, "sex", rank=0, mark="", by=cast["fol73"]),
            lambda: operations.recognise(waiting, known.pk, rank=0, is_same=True, by=cast["fol73"]),
            lambda: operations.tell_values({(CodedColumn.STATUS, "x"): "CLOS"}, by=cast["fol73"]),
        ):
            with pytest.raises(NotAllowed):
                work()


class TestOpen:
    def test_with_what_the_extraction_says(self, browse: Browse, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            operations.tell_values({(CodedColumn.ETHOS, "Rue"): "1 espace public"}, by=cast["siao"])
        browser = browse("siao")
        page = send(browser, line(NEW, unique="073092600900XTEST1"))
        address = reverse("exchange:si_siao_open", args=[page.split("/")[-2], 0])
        assert address in browser.get(page).content.decode()
        form = browser.get(address)
        said = text_of(form)
        assert "elle vit : 1. espace public ; c’est repris" in said
        assert "Pour le numéro unique et la composition, la comparaison les proposera" in said
        known = form.context["form"]
        asked = {name: known[name].value() for name in known.fields}
        assert [asked[name] for name in ("last_name", "first_name", "sex", "si_siao_number")] == [
            *("Vermorel", "Clotilde", "F", "S-100")
        ]
        body = str(known.fields["prescripteur"].queryset[0].pk)
        shown_as = {"birth_date": "02/03/1991", "on": "01/09/2026", "prescripteur": body, "urgency": "USUAL"}
        sent = {name: value for name, value in asked.items() if value is not None} | shown_as
        opened = browser.post(address, sent | {"informed": "ORALLY", "agreed": "OUI", "no_agreement": "", "note": ""})
        assert opened.status_code == 302, text_of(opened)
        entry = Prescription.objects.get()
        assert (entry.channel, entry.si_siao_number, entry.met_on) == ("SI_SIAO", "S-100", date(2026, 9, 1))
        person = Person.objects.get()
        assert (person.last_name, person.birth_date) == ("Vermorel", date(1991, 3, 2))
        assert ResidentialSituation.objects.get().ethos == "1 espace public"
        found = shown(page, cast)
        assert found.matches.sure == {0: entry.dossier_id}, "its number is known from now on"
        (number,) = found.differences
        assert (number.field, number.ours) == (Compared.UNIQUE_NUMBER, "")
        assert "L’évaluation s’écrit de son début" in number.why_not
        with acting_as(cast["siao"]):
            take(entry.dossier_id, by=cast["siao"])
            start_evaluation(entry.dossier_id, by=cast["siao"], on=date(2026, 9, 2))
        answer(browser, page, "accept", shown(page, cast), Compared.UNIQUE_NUMBER)
        assert HousingRequest.objects.get().number == "073092600900XTEST1"

    def test_a_row_that_is_not_there(self, browse: Browse) -> None:
        browser = browse("siao")
        page = send(browser, NEW)
        address = reverse("exchange:si_siao_open", args=[page.split("/")[-2], 7])
        assert "n’est plus dans l’extraction" in text_of(browser.get(address, follow=True))
        assert browser.get(reverse("exchange:si_siao_open", args=[uuid4(), 0])).status_code == 404


class TestValues:
    def test_told_on_the_page_kept_with_their_history(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        page = send(browser, NEW)
        address = f"{HERE}valeurs/?extraction={page.split('/')[-2]}"
        form = browser.get(address).context["form"]
        by_label = {field.label: name for name, field in form.fields.items()}
        assert list(by_label) == [f"Ce que veut dire « {word} »" for word in ("Transmise", "Rue", "Femme seule")]
        status, rue = by_label["Ce que veut dire « Transmise »"], by_label["Ce que veut dire « Rue »"]
        assert "Prenez une valeur de la liste" in text_of(browser.post(address, {status: "SONGE"}))
        told = browser.post(address, {status: "PRESCRIT", rue: "-"}, follow=True)
        assert told.redirect_chain == [(page, 302)]
        assert "1 mot du SI-SIAO n’a pas encore de sens ici" in text_of(told)
        browser.post(address, {status: "EVALUE", rue: "-"})
        said = text_of(browse("siao2").get(f"{HERE}valeurs/"))
        assert "1 version précédente" in said
        assert "Prescrit" in said
        assert "Laisser de côté" in said
        assert ValueMapping.objects.count() == 3
        with acting_as(cast["siao"]):
            assert {each.now.code for each in operations.values_of(cast["siao"]).values()} == {"EVALUE", ""}
        assert Entry.objects.filter(event="si_siao.value_told").count() == 3

    def test_what_is_not_told_does_not_hold_back_the_rest(self, browse: Browse, known: Dossier) -> None:
        browser = browse("siao")
        assert counts(browser, send(browser, line(KNOWN, status="Inconnu au bataillon", sex="F"))) == (0, 0, 1)

    def test_bounds(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        from exchange.operations import values

        siao = cast["siao"]
        with pytest.raises(OperationRefused, match="valeur de la liste"):
            operations.tell_values({(CodedColumn.STATUS, "x"): "SONGE"}, by=siao)
        monkeypatch.setattr(values, "MOST", 1)
        operations.tell_values({(CodedColumn.STATUS, "Été"): "CLOS"}, by=siao)
        assert operations.tell_values({(CodedColumn.STATUS, "ete"): "CLOS"}, by=siao) == 0
        with pytest.raises(OperationRefused, match="a déjà dit le sens"):
            operations.tell_values({(CodedColumn.STATUS, "autre"): "CLOS"}, by=siao)

    def test_an_address_that_names_no_extraction(self, browse: Browse) -> None:
        for asked in ("", "x", str(uuid4())):
            assert "Aucun mot à dire" in text_of(browse("siao").get(f"{HERE}valeurs/?extraction={asked}"))
