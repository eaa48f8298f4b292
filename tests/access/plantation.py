"""Values that mean one thing only, one in each sealed column that can hold a word of its own; who may read which."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models.functions import Now
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Organisation
from cases.dossiers import operations as dossiers
from cases.dossiers.models import (
    Answer,
    AnswerDraft,
    ChargeLine,
    DebtLine,
    Dossier,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    EventKind,
    HealthAnswer,
    JusticeAnswer,
    NameSearch,
    PersonRole,
    Prescription,
    ResourceLine,
    State,
)
from cases.dossiers.operations import NewDocument, NewFact, NewMember, household, inspect
from cases.dossiers.operations.household.births import NewAnimals
from commission import operations as commission
from commission.models import ExamenState
from core.db import acting_as
from exchange import operations as exchange
from exchange.models import CodedColumn, Compared, KeptDifference, Recognised
from exchange.reading.columns import Correspondence
from tests.dossiers.files import pdf, upload
from tests.exchange.registers import files, row
from tests.factories import complete, letter_of, make_dossier
from tests.fixtures import Cast

BORN = date(1944, 2, 29)
EXPECTED = timezone.localdate() + timedelta(days=203)
CAT = "Le chat borgne l’inquiète, chez la tante de Fréterive."
NO_ANSWER = dossiers.Answer("ORALLY", no_agreement="AUTRE", note=CAT)


def amount(whole: str) -> set[str]:
    """An amount as pages, forms and machines write it."""
    thousands, rest = whole.replace(".", ",").split(" ")
    return {whole, thousands + rest, (thousands + rest).replace(",", ".")}


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
    "Brindezingue",
    "SI-770415923",
}
DEBT = {"8 642,13"}
MONEY = {"1 357,91", "1357.91", "8642.13"} | DEBT
TEXTS = {"chat borgne", "tante de Fréterive"}
HOUSING = {"lamier de Tamié"}  # where somebody lives, in the words of a register
BIRTH = {EXPECTED.isoformat(), f"{EXPECTED:%d/%m/%Y}"}
ENTRY = {"kiosque de Bellevarde", "abri sous le Nivolet"}  # where one was met, and what one needs
LETTERS, REMINDER = {"volets de Montendry"}, {"rappel de la genette"}  # who instructs alone
# what the nine steps say, for who instructs alone: an answer, and the lines of money with their creditor
STEPS = {"marmottes de Bellecombe", "Régie des Closettes"}
STEPS |= amount("1 975,31") | amount("1 597,53") | amount("7 531,97") | amount("1 135,79")
SHARED_HEALTH, KEPT_HEALTH = {"fièvre de Valcombe"}, {"potion de Bessans"}
JUSTICE = {"jamais à Ugine-Haute"}
PIECE, HEALTH = {"Avis de Fontcouverte"}, {"Ordonnance de Belmont"}  # what two files say
WHY = {"furet de Myans"}  # why somebody opened one in an emergency
OF_SIAO2 = {"tétras de Margériaz", "colonne du bouquetin", "mot du chamois"}  # what a team told of columns and of words
# What one account alone wrote or sent: texts that wait, a view, files, what it was told of SI-SIAO
OF_SIAO = OF_SIAO2 | {
    "brouillon du gypaète",
    "contrainte du lynx",
    "vue du circaète",
    "registre du vison",
    "Fenouillet-Marcassin",
    "S-88104417",
    "hermine de Granier",
}
OF_SANTE = {"brouillon de la martre"}
NOBODY = {"loutre de Chignin"}  # a search of another session
EVERYBODYS = IDENTITY | MONEY | TEXTS | HOUSING | BIRTH | ENTRY | PIECE
INSTRUCTS = LETTERS | REMINDER | STEPS | JUSTICE
APART = PIECE | HEALTH | SHARED_HEALTH | KEPT_HEALTH | JUSTICE
EVERY = EVERYBODYS | INSTRUCTS | APART | WHY | OF_SIAO | OF_SANTE | NOBODY
# What each account may read of a dossier that is open to its team (domaine § 6); the others read nothing of it.
MAY_READ = {
    "siao": EVERYBODYS | INSTRUCTS | OF_SIAO,
    "siao2": EVERYBODYS | INSTRUCTS | OF_SIAO2,
    "animation": EVERYBODYS,
    "fol73": EVERYBODYS | SHARED_HEALTH | JUSTICE,
    "sante": IDENTITY | TEXTS | HOUSING | BIRTH | ENTRY | HEALTH | SHARED_HEALTH | KEPT_HEALTH | OF_SANTE,
}
NAMED = ["siao", "animation"]  # on the protected one
# What the fiche of a séance tells its members; what the DPO reads of an emergency.
ELSEWHERE = {**dict.fromkeys(["bailleur", "bailleur2", "ddetspp", "coordination"], DEBT), "dpo": WHY}

PLANTED: dict[str, str | date | Decimal] = {
    "dossiers.person.last_name": "Vuillermoz-Ancelin",
    "dossiers.person.first_name": "Théodorine",
    "dossiers.person.birth_date": BORN,
    "dossiers.person.known_as": "Brindezingue",
    "dossiers.person.birth_name": "Grésillon-Vaugnault",
    "dossiers.person.use_name": "Quincieux",
    "dossiers.evaluation.resources": Decimal("1357.91"),
    "dossiers.evaluation.rent_debt": Decimal("8642.13"),
    "dossiers.evaluation.ethos": "lamier de Tamié",
    "dossiers.residence.ethos": "lamier de Tamié",
    "dossiers.housing_request.number": "073ZZZZ987651XTEST",
    "dossiers.answer.value": "marmottes de Bellecombe",
    "dossiers.health_answer.value": "fièvre de Valcombe",
    "dossiers.justice_answer.value": "jamais à Ugine-Haute",
    "dossiers.answer_draft.text": "brouillon du gypaète",
    "dossiers.answer_draft.health_text": "brouillon de la martre",
    "dossiers.answer_draft.justice_text": "contrainte du lynx",
    "dossiers.event.note": "chat borgne",
    "dossiers.birth.expected_on": EXPECTED,
    "dossiers.animals.others": "caméléon de Sonnaz",
    "dossiers.letter.content": "volets de Montendry",
    "dossiers.resource_line.amount": Decimal("1975.31"),
    "dossiers.charge_line.amount": Decimal("1597.53"),
    "dossiers.debt_line.amount": Decimal("7531.97"),
    "dossiers.debt_line.creditor": "Régie des Closettes",
    "dossiers.debt_line.monthly": Decimal("1135.79"),
    "dossiers.prescription.place": "kiosque de Bellevarde",
    "dossiers.prescription.needs": "abri sous le Nivolet",
    "dossiers.prescription.si_siao_number": "SI-770415923",
    "dossiers.prescription.no_agreement_note": "tante de Fréterive",
    "dossiers.reminder.text": "rappel de la genette",
    "dossiers.name_search.words": "loutre de Chignin",
    "dossiers.urgency.note": "furet de Myans",
    "dossiers.kept_view.name": "vue du circaète",
    "commission.snapshot.resources": Decimal("1357.91"),
    "commission.snapshot.ethos": "lamier de Tamié",
    "commission.fiche.rent_debt": Decimal("8642.13"),
    "exchange.pending_file.name": "registre du vison",
    "exchange.pending_file.content": "Fenouillet-Marcassin",
    "exchange.column_mapping.name": "tétras de Margériaz",
    "exchange.column_mapping.headers": "colonne du bouquetin",
    "exchange.value_mapping.word": "mot du chamois",
    "exchange.recognised.number": "S-88104417",
    "exchange.kept_difference.told": "hermine de Granier",
}
"""By label of a sealed column, what stands in it."""

CODE = "a code of a short list, whose words stand in forms and filters for everybody: met, it would say nothing"
DIGITS = "one or two digits, which any page holds by chance"
ROUNDED = "a band or a rounded number, made to be told to the members of a séance"
EXCUSED: dict[str, str] = {
    **dict.fromkeys(
        [
            "dossiers.person.sex",
            "dossiers.person.civility",
            "dossiers.person.birth_precision",
            "dossiers.evaluation.household_type",
            "dossiers.evaluation.resource",
            "dossiers.evaluation.adhesion",
            "dossiers.housing_request.missing_reason",
            "dossiers.answer.empty_reason",
            "dossiers.health_answer.empty_reason",
            "dossiers.justice_answer.empty_reason",
            "dossiers.document.kind",
            "dossiers.piece_request.kind",
            "dossiers.event.detail",
            "dossiers.event.motive",
            "dossiers.member.relation",
            "dossiers.member.custody",
            "dossiers.member.leaving",
            "dossiers.animals.dog_category",
            "dossiers.resource_line.nature",
            "dossiers.charge_line.nature",
            "dossiers.debt_line.nature",
            "dossiers.debt_line.plan",
            "dossiers.prescription.no_agreement",
            "housing.lease.outcome",
            "commission.snapshot.household_type",
            "commission.snapshot.resource",
            "commission.fiche.household_type",
            "commission.fiche.income",
            "commission.fiche.housing",
            "commission.fiche.adhesion",
            "commission.fiche.communes",
            "commission.fiche.sizes",
            "commission.fiche.floor",
            "commission.fiche.access",
            "commission.fiche.animals",
            "commission.fiche.priority",
            "commission.fiche.debt_plan",
            "commission.fiche.support",
        ],
        CODE,
    ),
    **dict.fromkeys(
        [
            "dossiers.evaluation.children",
            "dossiers.animals.dogs",
            "dossiers.animals.cats",
            "dossiers.prescription.people",
            "commission.snapshot.age",
            "commission.fiche.papers",
        ],
        DIGITS,
    ),
    **dict.fromkeys(
        ["commission.fiche.age_band", "commission.fiche.children", "commission.fiche.resources"],
        ROUNDED,
    ),
}
"""By label, why nothing is planted there."""


class Planted(NamedTuple):
    """The same values in a dossier open to the SIAO and to FOL 73, in another open to nobody."""

    opened: Dossier
    hidden: Dossier


def plant(cast: Cast) -> Planted:
    """Both dossiers; beside them, what one account alone keeps."""
    opened, hidden = _plant(cast), _plant(cast)
    grant(opened, to=Organisation.objects.known_as("FOL 73").get().team, reason="test", by=None)
    DossierGroupGrant.ever.filter(content_object=hidden).delete()
    urgent = dossiers.Emergency(hidden.reference, "DANGER", "Le furet de Myans ne répond plus.")
    with acting_as(cast["fol73"]):
        assert dossiers.open_urgently(urgent, by=cast["fol73"]) == hidden
    DossierUserGrant.objects.update(valid_until=Now())
    _plant_alone(cast, opened)
    return Planted(opened, hidden)


def plant_presented(cast: Cast) -> tuple[Dossier, Dossier]:
    """Before a séance to come: told to its members, and told then protected. Another was decided long ago."""
    seance = commission.plan_seance(timezone.localdate() + timedelta(days=5), "Salle du Bocage", by=None)
    commission.convene(seance.pk, by=None)
    told, guarded = _plant(cast, state=State.PRET), _plant(cast, state=State.PRET)
    for dossier in (told, guarded):
        complete(dossier)
        commission.enrol(dossier.pk, seance.pk, by=None)
    dossiers.protect(guarded.pk, [cast[account] for account in NAMED], by=cast["siao"])
    held = commission.record_past_seance(date(2023, 3, 16), "Chambéry", [], by=None)
    commission.record_past_examen(_told("presented"), commission.PastExamen(held, ExamenState.VALIDEE), by=None)
    return told, guarded


def _told(*traits: str, **more: Any) -> Dossier:
    return make_dossier(
        *traits,
        **more,
        last_name="Vuillermoz-Ancelin",
        first_name="Théodorine",
        birth_date=BORN,
        unique_number="073ZZZZ987651XTEST",
        resources=Decimal("1357.91"),
        rent_debt=Decimal("8642.13"),
        ethos="8.1 chez le lamier de Tamié",
    )


def _plant(cast: Cast, **more: Any) -> Dossier:
    dossier = _told(**more)
    for member in (
        NewMember("Quincieux", "Ildefonse", None, None, PersonRole.AUTRE),
        NewMember(None, None, None, None, PersonRole.AUTRE, known_as="Brindezingue", met_on=date(2024, 2, 2)),
    ):
        dossiers.add_member(dossier.pk, member, by=None)
    _enter(dossier)
    who = household.Identity("Grésillon-Vaugnault", "Quincieux", "Hermeline", birth_date=BORN)
    household.enter_household(dossier.pk, who, household.Place("CONJOINT", "CONJOINT"), on=None, by=None)
    household.note_animals(dossier.pk, NewAnimals(others="caméléon de Sonnaz"), by=None)
    household.expect_birth(dossier.pk, EXPECTED, by=None)
    told = NewFact(EventKind.STATE, date(2024, 2, 2), detail="EVALUE", note=CAT)
    dossiers.state_fact(dossier, told, by=None)
    letter_of(dossier, content=json.dumps({"mail": ["Dossier", "Les volets de Montendry sont clos."]}))
    for kind, text in (("AVIS_IMPOSITION", *PIECE), ("MEDICAL", *HEALTH)):
        piece = NewDocument(kind, inspect(upload(pdf(text=text), f"{text}.pdf")), date(2024, 2, 2))
        dossiers.add_documents(dossier.pk, [piece], by=None)
    _answer(dossier, cast)
    return dossier


def _enter(dossier: Dossier) -> None:
    """How it came in: a register tells neither place, nor need, nor number; the agreement is told by its act."""
    Prescription(
        subject_id=dossier.household_id,
        dossier=dossier,
        channel="SI_SIAO",
        organisation=Organisation.objects.known_as("FOL 73").get(),
        met_on=date(2023, 1, 2),
        place="Au kiosque de Bellevarde.",
        needs="Un abri sous le Nivolet.",
        si_siao_number="SI-770415923",
        informed="NOT_YET",
        no_agreement="AUTRE",
        no_agreement_note="Rien encore.",
        recorded_at=timezone.now(),
    ).save(force_insert=True)
    dossiers.complete_entry(dossier.pk, NO_ANSWER, by=None)


def _answer(dossier: Dossier, cast: Cast) -> None:
    """What the evaluation says, and texts that wait for who wrote them at the same time as another."""
    evaluation = Evaluation.objects.get(dossier=dossier)
    person = dossier.participants.get(role=PersonRole.TITULAIRE).person_id
    of = {"evaluation": evaluation, "dossier": dossier}
    signed = {"revision": 1, "written_at": timezone.now(), "written_by": cast["siao"]}
    house: dict[str, Any] = {"subject_id": dossier.household_id, **of}
    hers: dict[str, Any] = {"subject_id": person, **of, **signed}
    today = timezone.localdate()
    rows = [
        Answer(**house, **signed, key="mots_menage", value="Les marmottes de Bellecombe."),
        HealthAnswer(**hers, key="health_notes", value="La fièvre de Valcombe.", shared_on=today),
        HealthAnswer(**hers, key="health_needs", value="La potion de Bessans."),
        JusticeAnswer(**hers, key="place_constraint", value="Plus jamais à Ugine-Haute."),
        ResourceLine(**house, rank=1, nature="RSA", amount=Decimal("1975.31")),
        ChargeLine(**house, rank=1, nature="ENERGIE", amount=Decimal("1597.53")),
        DebtLine(
            **house,
            rank=1,
            nature="ENERGIE",
            amount=Decimal("7531.97"),
            creditor="Régie des Closettes",
            plan="SIGNE",
            monthly=Decimal("1135.79"),
        ),
    ]
    for each in rows:
        each.save(force_insert=True)
    for account, key, subject, text, said in (
        ("siao", "mots_menage", dossier.household_id, "text", "Le brouillon du gypaète."),
        ("sante", "health_notes", person, "health_text", "Le brouillon de la martre."),
        ("siao", "place_constraint", person, "justice_text", "La contrainte du lynx."),
    ):
        said = json.dumps({"value": said, "reason": ""}, ensure_ascii=False)
        told: dict[str, Any] = {"key": key, "written_at": timezone.now(), text: said}
        AnswerDraft(subject_id=subject, owner=cast[account], dossier=dossier, **told).save(force_insert=True)


def _plant_alone(cast: Cast, dossier: Dossier) -> None:
    """What belongs to somebody, or to her team, and not to the dossier."""
    siao, now = cast["siao"], timezone.now()
    dossiers.remind(dossier.pk, text="Le rappel de la genette.", due_on=timezone.localdate(), by=siao)
    dossiers.keep_view("La vue du circaète", f"etat={State.EVALUE}", by=siao)
    until = now + timedelta(minutes=30)
    search = NameSearch(subject_id=siao.pk, owner=siao, session="ailleurs", words="loutre de Chignin", expires_at=until)
    search.save(force_insert=True)
    (_, content), *_ = files([row("VISON", nom="Fenouillet-Marcassin")])
    exchange.receive([("registre du vison.csv", content)], by=siao)
    columns = {"dossier": "reference", "colonne du bouquetin": "last_name"}
    exchange.remember(Correspondence(frozenset(columns), columns), "Le tétras de Margériaz", by=siao)
    exchange.tell_values({(CodedColumn.STATUS, "mot du chamois"): "PRESCRIT"}, by=siao)
    said: dict[str, Any] = {"subject_id": dossier.household_id, "dossier": dossier, "told_at": now, "told_by": siao}
    Recognised(number="S-88104417", is_same=True, **said).save(force_insert=True)
    kept = json.dumps(["M", "hermine de Granier"], ensure_ascii=False)
    KeptDifference(field=Compared.SEX, told=kept, **said).save(force_insert=True)


def holds(value: Any, planted: str | date | Decimal) -> bool:
    """Whether an opened column holds what is planted there, be it written in base64 as files are."""
    if not isinstance(planted, str):
        return bool(value == planted)
    if not isinstance(value, str):
        return False
    try:
        return planted in value or planted in base64.b64decode(value, validate=True).decode()
    except ValueError:
        return False
