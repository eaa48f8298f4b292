"""The edge cases of domaine § 7: the first households of every population, each showing one thing.

Those that the model cannot hold yet are in `LATER`, with the step of the plan that brings them: nothing is faked.
Those that it holds and that no drawn life shows are in `BY_ACTS`, with the act that makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from cases.dossiers.models import HouseholdType, MissingNumber, Outcome, PersonRole, Resource, Sex
from exchange.population.days import DAY, Days
from exchange.population.draw import Setting, with_number
from exchange.population.lives import Act, Life, Member, Told
from exchange.population.path import Path

LATER: dict[str, str] = {
    "25 ans au milieu d’un mois de pécule": "pécule",
    "RSA obtenu rétroactivement": "pécule (trop-perçu)",
    "RIB d’un tiers": "pécule (coordonnées bancaires)",
}
BY_ACTS: dict[str, str] = {
    "garde alternée ou droit de visite": "enter_household",
    "enfant à naître": "expect_birth",
    "nom de naissance et nom d’usage": "enter_household",
    "couple qui se sépare pendant le parcours": "split_household",
    "décès du titulaire, le conjoint garde le bail": "leave_household",
}

M, F = Sex.M, Sex.F
ALONE, ALONE_F = HouseholdType.HOMME_ISOLE_SANS_ENFANT, HouseholdType.FEMME_ISOLE_SANS_ENFANT
PRESCRIPTEUR, LANDLORD = "Accueil de jour La Margelle", "Habitat des Bauges"
CAST_PRESCRIPTEUR = "CCAS de Valcombe"  # where an account of the cast prescribes, and reads its mails


def to_follow_up(path: Path, told: Told) -> None:
    """The straight path: evaluated, validated, housed, followed."""
    to_search(path, told)
    path.add(Act.SIGN, 60, code="NOM_PROPRE", organisation=LANDLORD)
    path.add(Act.MEASURE, code="TOIT_DABORD", organisation="Toi(t) d’abord")
    path.add(Act.ENTER, 6)
    path.add(Act.HAND_OVER, 25)


def to_search(path: Path, told: Told) -> None:
    """As far as the search for a dwelling."""
    to_ready(path, told)
    path.before_commission("VALIDEE", organisation=LANDLORD)
    path.add(Act.SEARCH, 4)


def to_ready(path: Path, told: Told) -> None:
    """As far as « prêt à présenter »."""
    to_evaluated(path, told)
    path.add(Act.READY, 3)


def to_evaluated(path: Path, told: Told) -> None:
    """As far as a dated evaluation."""
    path.add(Act.REFERENT, 2, code="siao")
    path.add(Act.START, 1)
    path.add(Act.WRITE, 12, told=told)
    path.add(Act.COMPLETE, 1)


def _two_seances(path: Path, told: Told) -> None:
    to_ready(path, told)
    path.before_commission("AJOURNEE_SEANCE", until=40, note="AJOURNE_DETTE_LOCATIVE")
    path.add(Act.REEXAMINE, 42, note="Le plan d’apurement est signé.")
    path.add(Act.WRITE, 2, told=replace(told, rent_debt=Decimal("620.00")))
    path.add(Act.COMPLETE)
    path.add(Act.READY, 1)
    path.before_commission("VALIDEE", organisation=LANDLORD)
    path.add(Act.SEARCH, 5)


def _evaluated_twice(path: Path, told: Told) -> None:
    to_evaluated(path, told)
    path.add(Act.ADJOURN, 3, code="AJOURNE_JUSTIFICATIFS_ABSENTS", until=path.on + timedelta(days=60))
    path.add(Act.REEXAMINE, 61, note="Les justificatifs sont arrivés.")
    path.add(Act.WRITE, 5, told=replace(told, resource=Resource.AAH, resources=Decimal("1016.05")))
    path.add(Act.COMPLETE)


def _domiciled_twice(path: Path, told: Told) -> None:
    to_evaluated(path, told)
    path.add(Act.ADJOURN, 3, code="AJOURNE_JUSTIFICATIFS_ABSENTS", until=path.on + timedelta(days=60))
    path.add(Act.REEXAMINE, 61, note="Une association reçoit maintenant son courrier.")
    path.add(Act.WRITE, 5, told=replace(told, more=(*told.more, ("domiciliation", "ASSOCIATION"))))
    path.add(Act.COMPLETE)


def _two_years(path: Path, told: Told) -> None:
    to_evaluated(path, told)
    path.add(Act.DECLINE, 5, code="NON_ADHESION")
    path.add(Act.RECONSIDER, 390, note="Le ménage revient et demande un logement.")
    path.add(Act.WRITE, 6, told=told)
    path.add(Act.COMPLETE)
    path.add(Act.READY, 2)


def _after_prison(path: Path, told: Told) -> None:
    to_follow_up(path, told)
    path.add(Act.END_LEASE, 70, code=Outcome.INCARCERATION)
    path.add(Act.END_MEASURE, 3)
    path.add(Act.CLOSE, 5, code=Outcome.INCARCERATION)
    path.add(Act.REOPEN, 120, code="SORTIE_DETENTION", note="Le même accompagnement reprend.")
    path.add(Act.WRITE, 10, told=replace(told, ethos="6.1 sortie de prison"))
    path.add(Act.COMPLETE)


def _landlord_refuses(path: Path, told: Told) -> None:
    to_search(path, told)
    path.add(Act.STOP_SEARCH, 30, note="La commission d’attribution du bailleur a refusé la candidature.")
    path.add(Act.SEARCH, 8)


def _kept_secret(path: Path, told: Told) -> None:
    """Evaluated, then shown to two persons alone: no team sees the dossier any more."""
    to_evaluated(path, told)
    path.add(Act.PROTECT, code="siao")


def _just_decided(path: Path, told: Told) -> None:
    """By the last séance held: recent enough for its notice to leave."""
    to_ready(path, told)
    if path.days.held and path.days.held[-1] > path.on:
        path.aim = path.days.held[-1]
    path.before_commission("VALIDEE", organisation=LANDLORD)
    path.add(Act.SEARCH, 4)


def _in_hospital(path: Path, told: Told) -> None:
    to_follow_up(path, told)
    signed = next((step.on for step in path.steps if step.act is Act.SIGN), None)
    if signed is not None:
        path.beside(Act.FACT, signed - DAY, code="HOSPITALISATION")


def _curatelle(path: Path, told: Told) -> None:
    to_follow_up(path, told)
    path.add(Act.MEASURE, 20, code="CURATELLE_RENFORCEE")


def _no_papers(path: Path, told: Told) -> None:
    path.add(Act.REFERENT, 1, code="siao2")
    path.add(Act.START, 1)
    path.add(Act.WRITE, 9, told=replace(told, missing_reason=MissingNumber.SANS_PAPIERS.value))
    path.add(Act.ASK, 1, note="Acte de naissance, puis carte d’identité.")


def _no_right_to_stay(path: Path, told: Told) -> None:
    asked = replace(told, missing_reason=MissingNumber.SEJOUR.value, ethos="5.1 hébergement pour demandeurs d’asile")
    to_evaluated(path, asked)
    path.add(Act.DECLINE, 4, code="DROIT_AU_SEJOUR")


def _residence_permit_asked(path: Path, told: Told) -> None:
    to_evaluated(path, replace(told, missing_reason=MissingNumber.SEJOUR.value))
    review_on = path.on + timedelta(days=90)
    path.add(Act.ADJOURN, 4, code="AJOURNE_JUSTIFICATIFS_ABSENTS", until=review_on)


@dataclass(frozen=True, slots=True)
class Case:
    """One named household: what it shows, who they are, how it goes. `ago`: days since it was opened.

    `answers` are those that its evaluation says beside the common ones.
    """

    shows: str
    people: tuple[tuple[str, str | None, Sex, date, PersonRole], ...]
    goes: Callable[[Path, Told], None] = to_follow_up
    ago: int = 500
    ethos: str = "1.1 espace public"
    wants: bool = True
    answers: tuple[tuple[str, str], ...] = ()
    opened: Callable[[Days, date], date | None] | None = None
    prescripteur: str = PRESCRIPTEUR


def _before_the_last_one(days: Days, today: date) -> date | None:
    """Six weeks before the last séance held."""
    return days.held[-1] - timedelta(days=42) if days.held else None


def _in_december(days: Days, today: date) -> date | None:
    """The last 10 December from which one could be presented in January."""
    januaries = [day for day in days.held if day.month == 1]
    return date(januaries[-1].year - 1, 12, 10) if januaries else None


def _one(last: str, first: str | None, sex: Sex, born: date) -> tuple[str, str | None, Sex, date, PersonRole]:
    return last, first, sex, born, PersonRole.TITULAIRE


def _child(last: str, first: str, sex: Sex, born: date) -> tuple[str, str | None, Sex, date, PersonRole]:
    return last, first, sex, born, PersonRole.ENFANT


CASES: tuple[Case, ...] = (
    Case("apostrophe et particule", (_one("D'Ambrosio", "Gian-Luca", M, date(1979, 5, 3)),)),
    Case("apostrophe dans un nom court", (_one("N'Diaye", "Ousmane", M, date(1988, 11, 21)),), to_search),
    Case("particule séparée", (_one("Le Goff", "Maïwenn", F, date(1991, 7, 14)),), ago=320),
    Case("deux noms", (_one("Ferreirinha Bonneval", "Tiago", M, date(1985, 1, 30)),), to_ready, 60),
    Case("les deux mêmes noms, inversés", (_one("Bonneval Ferreirinha", "Tiago", M, date(1985, 3, 1)),), ago=420),
    Case("trait d’union", (_one("Perce-Brume-Delarche", "Jean-Rémi", M, date(1969, 12, 2)),), ago=280),
    Case("une translittération", (_one("Benmekhlouf", "Mohamed", M, date(1975, 6, 9)),), ago=610),
    Case("la même, autrement", (_one("Benmeklouf", "Mohammed", M, date(1975, 6, 9)),), _landlord_refuses, 310),
    Case("la même, encore autrement", (_one("Ben Makhlouf", "Muhammad", M, date(1975, 9, 6)),), to_evaluated, 40),
    Case("cyrillique translittéré", (_one("Chtcherbynenko", "Oleksandr", M, date(1982, 8, 24)),), ago=260),
    Case("un seul nom, pas de prénom", (_one("Tenzinlhamo", None, F, date(1990, 2, 11)),), to_search, 200),
    Case(
        "jumeaux, même date de naissance",
        (
            _one("Vasconcelhos", "Leonor", F, date(1992, 4, 17)),
            _child("Vasconcelhos", "Duarte", M, date(2019, 10, 5)),
            _child("Vasconcelhos", "Inês", F, date(2019, 10, 5)),
        ),
        ago=450,
    ),
    Case("année de naissance seule : 1er janvier", (_one("Aït-Saouri", "Lakhdar", M, date(1961, 1, 1)),), ago=390),
    Case("né un 29 février", (_one("Tournefeuil", "Ludivine", F, date(2000, 2, 29)),), ago=480),
    Case("sans pièce d’identité", (_one("Zagorčević", "Dragan", M, date(1972, 3, 8)),), _no_papers, 45),
    Case(
        "asile refusé : droit au séjour",
        (_one("Mikhaïlenkov", "Serhiy", M, date(1994, 9, 19)),),
        _no_right_to_stay,
        150,
    ),
    Case(
        "récépissé : droit au séjour en cours",
        (_one("Karabulutlu", "Halil", M, date(1987, 7, 7)),),
        _residence_permit_asked,
        70,
    ),
    Case(
        "curatelle renforcée : le mandataire signe aussi",
        (_one("Malvasson", "Gérard", M, date(1958, 10, 12)),),
        _curatelle,
        520,
        answers=(("protection", "CURATELLE_RENFORCEE"), ("guardian", "Mme Sarrazolles, mandataire à Valcombe")),
    ),
    Case(
        "menacée de violences",
        (_one("Lélianne", "Mélanie", F, date(1989, 12, 24)),),
        ago=210,
        ethos="10.1 menacée de violences",
    ),
    Case(
        "adresse tenue secrète : dossier protégé",
        (_one("Sauvetière", "Noémie", F, date(1993, 3, 27)),),
        _kept_secret,
        35,
        ethos="10.1 menacée de violences",
    ),
    Case(
        "retour après la prison, même épisode", (_one("Quatrevaux", "Kévin", M, date(1986, 5, 28)),), _after_prison, 720
    ),
    Case("évalué deux années de suite", (_one("Pralognat", "Yves", M, date(1966, 2, 3)),), _two_years, 460),
    Case("évalué deux fois dans l’année", (_one("Rahmounia", "Houria", F, date(1977, 8, 15)),), _evaluated_twice, 160),
    Case(
        "repéré en décembre, présenté en janvier",
        (_one("Noirclerc", "Bruno", M, date(1971, 11, 4)),),
        opened=_in_december,
    ),
    Case("deux séances : ajourné puis validé", (_one("Kayalıbey", "Murat", M, date(1980, 4, 22)),), _two_seances, 560),
    Case(
        "refusé en CALEOL après validation",
        (_one("Rougepierre", "Daniel", M, date(1963, 6, 30)),),
        _landlord_refuses,
        240,
    ),
    Case("hospitalisé à la signature", (_one("Guerrouani", "Samir", M, date(1984, 1, 18)),), _in_hospital, 540),
    Case(
        "décidé à la dernière séance : l’avis part",
        (_one("Fontanivel", "Solène", F, date(1983, 9, 9)),),
        _just_decided,
        opened=_before_the_last_one,
        prescripteur=CAST_PRESCRIPTEUR,
    ),
    Case(
        "citoyen de l’Union européenne, domicilié en deux lieux dans l’année",
        (_one("Wojciechowicz", "Jarosław", M, date(1973, 5, 19)),),
        _domiciled_twice,
        160,
        answers=(("residence_right", "UE"), ("domiciliation", "CCAS")),
    ),
    Case(
        "téléphone partagé, pas de courriel, ne lit pas, interprète",
        (_one("Gebremeskal", "Selamawit", F, date(1987, 2, 22)),),
        to_search,
        230,
        answers=(
            ("contact", "TELEPHONE_PARTAGE,SANS_COURRIEL"),
            ("reading", "NE_LIT_PAS"),
            ("interpreter", "OUI"),
            ("language", "tigrigna"),
        ),
    ),
    Case(
        "chien de catégorie, deux chats",
        (_one("Brossetard", "Mickaël", M, date(1981, 10, 30)),),
        to_ready,
        80,
        answers=(("animals", "CHATS,CHIEN_CATEGORIE"),),
    ),
    Case(
        "mobilité réduite et étage, hors de l’agglomération",
        (_one("Vernachet", "Odile", F, date(1955, 4, 6)),),
        ago=350,
        answers=(("floor", "REZ_DE_CHAUSSEE"), ("access", "SANS_MARCHE,FAUTEUIL"), ("commune_now", "Albertville")),
    ),
)


def case_life(setting: Setting, number: int) -> Life:
    """The household of edge case `number`, from 1."""
    case = CASES[number - 1]
    opened_on = case.opened(setting.days, setting.today) if case.opened else None
    opened_on = max(opened_on or setting.today - timedelta(days=case.ago), setting.since)
    members = tuple(Member(*person) for person in case.people)
    path = Path(opened_on, setting.days, setting.today)
    path.add(Act.OPEN, organisation=case.prescripteur)
    case.goes(path, _told(case, members))
    steps = with_number(setting.generator(number), setting, path.told(), number)
    return Life(number, setting.reference(number), members, steps, case.shows)


def _told(case: Case, members: tuple[Member, ...]) -> Told:
    is_woman, children = members[0].sex is F, len(members) - 1
    kind = HouseholdType.FEMME_ISOLE_AVEC_ENFANT if children else ALONE_F if is_woman else ALONE
    amount = Decimal("559.42") + Decimal("148.50") * children
    return Told(
        kind, children, Resource.RSA, amount, Decimal(0), case.ethos, case.wants, None, None, None, case.answers
    )
