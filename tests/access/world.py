"""Dossiers with everything that hangs on one: open to the SIAO and to FOL 73, open to nobody, and two on the agenda of
a séance whose members are called: one that they read, one that was told to them, then protected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import invite, recognise_organisation, siao
from accounts.roles import Code
from cases.dossiers.models import (
    Dossier,
    DossierGroupGrant,
    Likeness,
    NameSearch,
    Participant,
    PersonLink,
    Purpose,
    State,
    UrgencyReason,
    UrgentOpening,
)
from cases.dossiers.operations import (
    AskedPiece,
    NewAgreement,
    NewDocument,
    add_documents,
    ask_pieces,
    give_agreement,
    inspect,
    keep_view,
    protect,
    remind,
)
from cases.dossiers.operations.household import expect_birth
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from commission.models import Examen, ExamenState, Seance
from commission.operations import (
    PastExamen,
    convene,
    enrol,
    plan_seance,
    record_past_examen,
    record_past_seance,
)
from core import jobs
from exchange.models import ColumnMapping, Import, PendingImport, Sent
from exchange.operations import remember
from exchange.reading.columns import Correspondence
from tests.dossiers.files import pdf, upload
from tests.factories import complete, letter_of, make_dossier
from tests.fixtures import Cast

MEMBERS = {"bailleur", "bailleur2", "ddetspp", "coordination"}  # accounts whose organisation is called to the séance


OF_ONE = {
    "lease": "leases",
    "measure": "measures",
    "examen": "examens",
    "fiche": "examens",
    "grant": "user_grants",
    "letter": "letters",
    "document": "documents",
    "piece request": "piece_requests",
    "member": "participants",
    "period": "residential_situations",
    "birth": "expected_births",
    "agreement": "agreements",
    "reminder": "reminders",
}


class Relation(StrEnum):
    """What one has to do with the thing that an address names."""

    OPEN = "open"  # a grant shows it to one's team
    HIDDEN = "hidden"  # it exists, and no grant shows it
    CALLED = "called"  # it is told to the members of a séance to come; the SIAO sees the dossier
    PROTECTED = "protected"  # it was told there too; two persons see it, one by one, and nobody else
    ABSENT = "absent"  # it does not exist


# Accounts that see the dossier, by relation.
INSIDE: dict[Relation, set[str]] = {
    Relation.OPEN: {"siao", "siao2", "animation", "fol73", "sante"},
    Relation.CALLED: {"siao", "siao2", "animation"},
    Relation.PROTECTED: {"siao", "animation"},
}
# Accounts that tend what belongs to no dossier: its owner, or who tends the access of those people.
TENDED = {
    **{kind: {"admin", "fol73"} for kind in ("membership", "person", "invitation", "body")},
    "organisation": {"admin"},
    "import": {"siao", "siao2"},  # of the organisation for which one imports
    **{kind: {"siao"} for kind in ("pending", "extraction", "job", "kept view")},
}


@dataclass(frozen=True, eq=False)
class World:
    """The things that addresses name, by relation; what belongs to no dossier is the same for all."""

    cast: Cast
    dossiers: dict[Relation, Dossier]
    alone: dict[str, UUID]  # what belongs to no dossier
    called: Seance  # to come
    pairs: dict[tuple[str, Relation], UUID]  # what is between two of them

    def named(self, kind: str, relation: Relation) -> UUID:
        """The identifier of the thing of this kind, absent ones being nobody's."""
        if relation is Relation.ABSENT:
            return uuid4()
        if kind == "seance" and relation in {Relation.CALLED, Relation.PROTECTED}:
            return self.called.pk
        if kind in self.alone:
            return self.alone[kind]
        if (kind, relation) in self.pairs:
            return self.pairs[kind, relation]
        dossier = self.dossiers[relation]
        if kind == "dossier":
            return dossier.pk
        found: UUID = getattr(dossier, OF_ONE[kind]).order_by("pk")[0].pk
        return found


def build(cast: Cast) -> World:
    """Invented, and written as an import writes."""
    seance = record_past_seance(date(2023, 3, 16), "Chambéry", [], by=None)
    opened, hidden = _dossier(seance, cast["siao"]), _dossier(seance, cast["siao"])
    grant(opened, to=Organisation.objects.known_as("FOL 73").get().team, reason="test", by=None)
    DossierGroupGrant.ever.filter(content_object=hidden).delete()
    called = plan_seance(timezone.localdate() + timedelta(days=5), "Salle du Bocage", by=None)
    called = convene(called.pk, by=None)
    told, guarded = _told(called, cast["siao2"]), _told(called, cast["siao2"])
    for dossier in (opened, hidden, told, guarded):  # somebody whose role opens no dossier
        grant(dossier, to=cast["etranger"], reason="test", by=None)
    protect(guarded.pk, [cast[account] for account in sorted(INSIDE[Relation.PROTECTED])], by=cast["siao"])
    team = Organisation.objects.known_as("FOL 73").get()
    to_verify = recognise_organisation("Maison des Quatre-Vents", OrganisationKind.PRESCRIPTEUR, by=None)
    invited = invite("nouvelle@exemple.test", team, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])
    alone: dict[str, models.Model] = {
        "seance": seance,
        "pending": PendingImport.objects.create(owner=cast["siao"], created_at=timezone.now()),
        "extraction": PendingImport.objects.create(owner=cast["siao"], kind=Sent.SI_SIAO, created_at=timezone.now()),
        "mapping": _mapping(cast["siao"]),
        "import": _import(cast["siao"]),
        "kept view": keep_view("Essai", "etat=EVALUE", by=cast["siao"]),
        "job": jobs.start("register.import", by=cast["siao"], total=3),
        "organisation": to_verify,
        "body": team,
        "person": cast["sante"],
        "membership": cast["sante"].memberships.get(),
        "invitation": invited,
        "urgency": _urgency(hidden, cast["fol73"]),
        "search": _search(cast["siao"]),
    }
    dossiers = {
        Relation.OPEN: opened,
        Relation.HIDDEN: hidden,
        Relation.CALLED: told,
        Relation.PROTECTED: guarded,
    }
    pairs = _pairs(dossiers, cast["siao"])
    return World(cast, dossiers, {kind: row.pk for kind, row in alone.items()}, called, pairs)


def _pairs(dossiers: dict[Relation, Dossier], by: User) -> dict[tuple[str, Relation], UUID]:
    """A likeness and a link between persons of one team's dossiers; the same with a person whom nobody sees."""
    made: dict[tuple[str, Relation], UUID] = {}
    for relation, one in dossiers.items():
        other = make_dossier(referent=by)
        first, second = sorted(Participant.objects.filter(dossier__in=[one, other]).values_list("person", flat=True))
        told = {"one_id": first, "other_id": second}
        now = timezone.now()
        likeness = Likeness(**told, level="PROBABLE", reasons=["SAME_NAME"], noticed_at=now)
        link = PersonLink(**told, linked_at=now, linked_by=by)
        for kind, row in (("likeness", likeness), ("link", link)):
            row.save(force_insert=True)
            made[kind, relation] = row.pk
    return made


def _dossier(seance: Seance, referent: User) -> Dossier:
    dossier = make_dossier("presented", ethos="8.1 chez des tiers", referent=referent)
    record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
    _what_hangs_on_it(dossier, referent)
    assert Examen.objects.filter(dossier=dossier).count() == 1
    return dossier


def _pieces(dossier: Dossier, referent: User) -> None:
    """One joined, one asked for."""
    today = timezone.localdate()
    piece = NewDocument("IDENTITE", inspect(upload(pdf())), today, person=dossier.participants.get().person_id)
    add_documents(dossier.pk, [piece], by=referent)
    ask_pieces(dossier.pk, [AskedPiece("RESSOURCES")], whom="CAF", due_on=today, by=referent, on=today)


def _told(seance: Seance, referent: User) -> Dossier:
    """Ready, on the agenda, and told to the members."""
    dossier = make_dossier(state=State.PRET, referent=referent, ethos="8.1 chez des tiers")
    complete(dossier)
    enrol(dossier.pk, seance.pk, by=None)
    _what_hangs_on_it(dossier, referent)
    return dossier


def _what_hangs_on_it(dossier: Dossier, referent: User) -> None:
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=None)
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    letter_of(dossier)
    expect_birth(dossier.pk, timezone.localdate() + timedelta(days=90), by=None)
    _pieces(dossier, referent)
    remind(dossier.pk, text="Rappeler la CAF.", due_on=timezone.localdate(), by=referent)
    give_agreement(dossier.pk, NewAgreement(Purpose.LANDLORDS, date(2023, 3, 1)), by=None)


def _mapping(by: User) -> ColumnMapping:
    columns = {"dossier": "reference", "patronyme": "last_name"}
    return remember(Correspondence(frozenset(columns), columns), "Tableau d’essai", by=by)


def _import(by: User) -> Import:
    """A register that changed what was there."""
    counts = {"created": 0, "changed": 1, "seances": 0, "seances_changed": 0}
    return Import.objects.create(organisation=siao(), by=by, at=timezone.now(), bodies=[], **counts)


def _search(by: User) -> NameSearch:
    """Of another session than those of the tests: it is over for them."""
    until = timezone.now() + timedelta(minutes=30)
    kept = NameSearch(subject_id=by.pk, owner=by, session="ailleurs", words="essai", expires_at=until)
    kept.save(force_insert=True)
    return kept


def _urgency(dossier: Dossier, by: User) -> UrgentOpening:
    """Over since yesterday, and not examined yet."""
    now = timezone.now()
    opening = UrgentOpening(
        subject_id=dossier.household_id,
        dossier=dossier,
        reference=dossier.reference,
        opened_by=by,
        opened_at=now - timedelta(days=1, hours=4),
        until=now - timedelta(days=1),
        reason=UrgencyReason.RIGHTS,
        note="Demande d’accès.",
    )
    opening.save(force_insert=True)
    return opening
