"""Headers by their meaning, wordings by their code: the data files hold together, and tolerate what people write."""

import datetime as dt
from collections.abc import Sequence

import pytest

from core.errors import OperationRefused
from exchange.reading import codes, columns
from exchange.reading.rows import SeanceRow, SituationRow
from exchange.reading.values import BadValue
from tests.exchange.reading.builders import GOOD, csv_bytes, opened, register

LISTS = [
    "sex",
    "household_type",
    "resource",
    "suite",
    "motive",
    "decision",
    "lease_kind",
    "parc",
    "measure",
    "outcome",
    "outcome_motive",
    "event",
    "ethos",
]


@pytest.mark.parametrize("name", LISTS)
def test_each_wording_has_one_code(name: str) -> None:
    known = codes.code_list(name)
    assert known.labels
    assert all(codes.find(name, label) for label in known.labels)


@pytest.mark.parametrize("kind", columns.KINDS)
def test_each_header_has_one_meaning(kind: columns.Kind) -> None:
    known = columns.vocabulary(kind)
    assert all(known.exact(label) == meaning for meaning, label in known.labels.items())


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("RÉFÉRENCE", "reference"),
        ("Numéro de dossier", "reference"),
        ("nom de famille", "last_name"),
        ("PRENOMS", "first_name"),
        ("Civilité", "sex"),
        ("D.D.N.", "birth_date"),
        ("Date de naissance", "birth_date"),
        ("née le", "birth_date"),
        ("Type de ménage", "household_type"),
        ("Nombre d’enfants", "children"),
        ("Orienté par", "prescripteur"),
        ("Orientée le", "oriented_on"),
        ("Hébergement actuel", "ethos"),
        ("Ressources (nature)", "resource"),
        ("Ressources mensuelles (en euros)", "resources"),
        ("Dette de loyer", "rent_debt"),
        ("NUR", "unique_number"),
        ("Date de l’évaluation", "evaluated_on"),
        ("Suite donnée", "suite"),
        ("Motif(s)", "motive"),
        ("Séance du", "seance_on"),
        ("Décision du", "seance_on"),
        ("Avis de la commission", "decision"),
        ("Organisme HLM", "landlord"),
        ("Date de signature", "lease_signed_on"),
        ("Nature du bail", "lease_kind"),
        ("Public / privé", "parc"),
        ("Mesure d'accompagnement", "measure"),
        ("Suivi", "outcome"),
        ("Suivi le", "outcome_on"),
        ("Fait marquant", "event"),
        ("Date du fait marquant", "event_on"),
    ],
)
def test_headers_of_other_registers(header: str, meaning: str) -> None:
    assert columns.vocabulary("situations").exact(header) == meaning


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("situations", "N°"),
        ("situations", "H et F"),
        ("situations", "Né(e) à"),
        ("situations", "Née à"),
        ("seances", "D’où"),
        ("seances", "De la"),
    ],
)
def test_a_header_that_says_too_little_or_something_else_is_no_column(kind: columns.Kind, header: str) -> None:
    known = columns.vocabulary(kind)
    assert known.exact(header) is None
    assert known.near(header) is None


@pytest.mark.parametrize("kind", columns.KINDS)
def test_no_loose_key_is_made_of_small_words_or_letters(kind: columns.Kind) -> None:
    for key in columns.vocabulary(kind).loose:
        assert max(map(len, key.split())) >= 3, key


def test_a_bare_number_column_is_not_read_beside_a_reference() -> None:
    lines = register({}, {})
    lines = [["N°" if rank == 0 else rank, *line] for rank, line in enumerate(lines)]
    reading = opened(csv_bytes(lines))
    assert [item.reference for item in reading if isinstance(item, SituationRow)] == [
        "ESSAI-2024-001",
        "ESSAI-2024-002",
    ]
    assert [ignored.column for ignored in reading.ignored] == ["N°"]


def test_a_bare_number_column_is_the_reference_when_nothing_else_is() -> None:
    lines = register({}, {})
    lines[0][lines[0].index("Réf.")] = "N°"
    items = list(opened(csv_bytes(lines)))
    assert [(item.reference, item.birth_date) for item in items if isinstance(item, SituationRow)] == [
        ("ESSAI-2024-001", dt.date(1970, 2, 17)),
        ("ESSAI-2024-002", dt.date(1970, 2, 17)),
    ]


def test_near_headers() -> None:
    near = columns.vocabulary("situations").near
    assert near("Date de la commission SIAO de Savoie") == "seance_on"
    assert near("Date de naissance du conjoint") is None
    assert near("Remarques sur les dettes locatives") is None
    assert near("Téléphone") is None


def test_any_order_titles_footers_and_unknown_columns() -> None:
    lines = [list(reversed(line)) for line in register({}, {})]
    lines[0].append("Téléphone du référent")
    pages: list[Sequence[object]] = [
        ["Registre de la commission", "", "édition 2024"],
        [],
        *lines[:2],
        lines[0],
        [],
        ["Année 2025"],
        *lines[2:],
    ]
    feet: list[Sequence[object]] = [
        [],
        ["Total situations", 2],
        ["", "", "Fait le 3 mars 2025"],
        ["Sous-total", "", "", 4, 5, 6, 7, 8],
    ]
    reading = opened(csv_bytes([*pages, *feet]))
    items = list(reading)
    assert [(item.row, item.reference) for item in items if isinstance(item, SituationRow)] == [
        (4, "ESSAI-2024-001"),
        (8, "ESSAI-2024-002"),
    ]
    assert len(items) == 2
    assert [ignored.column for ignored in reading.ignored] == ["Téléphone du référent"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_dialects(delimiter: str, encoding: str) -> None:
    change = {"NOM ": 'D"Ambrelin, dit ; le Grand', "Situation (ETHOS)": "2.1 hébergement,\nd’urgence"}
    (row,) = list(opened(csv_bytes(register(change), delimiter=delimiter, encoding=encoding)))
    assert isinstance(row, SituationRow)
    assert (row.last_name, row.ethos) == ('D"Ambrelin, dit ; le Grand', "2.1 hébergement, d’urgence")


@pytest.mark.parametrize("missing", ["Réf.", "NOM ", "Prénom", "Né(e) le", "Évaluation", "Suite"])
def test_a_missing_column_is_named(missing: str) -> None:
    place = list(GOOD).index(missing)
    lines = [line[:place] + line[place + 1 :] for line in register({})]
    with pytest.raises(OperationRefused, match="il manque") as refusal:
        opened(csv_bytes(lines))
    assert missing.strip().casefold() in str(refusal.value).casefold()


def test_sex_or_composition_is_enough() -> None:
    lines = [line[:3] + line[4:] for line in register({})]
    (row,) = list(opened(csv_bytes(lines)))
    assert isinstance(row, SituationRow)
    assert row.sex == "M"
    with pytest.raises(OperationRefused, match="« Sexe » ou « Composition familiale »"):
        opened(csv_bytes([line[:4] + line[5:] for line in lines]))


def test_two_columns_for_one_meaning_are_refused() -> None:
    lines = register({})
    lines[0][lines[0].index("Parc")] = "Date de naissance"
    with pytest.raises(OperationRefused, match="disent la même chose"):
        opened(csv_bytes(lines))


def test_seances_in_other_words() -> None:
    lines: list[Sequence[object]] = [["Liste des séances"], ["Organismes présents", "Lieu de réunion", "Séance du"]]
    lines += [["SIAO ; État", "Salle du Lac", "14 mars 2024"], ["", "", "Total : 1"]]
    assert list(opened(csv_bytes(lines))) == [
        SeanceRow("registre.csv", "", 3, dt.date(2024, 3, 14), "Salle du Lac", ("SIAO", "État")),
    ]


def test_motives() -> None:
    assert codes.motive("a quitté le Département", adjourned=False) == ("DEPART_DEPARTEMENT", None)
    assert codes.motive("Ajournée : dette locative", adjourned=False) == ("AJOURNE_DETTE_LOCATIVE", None)
    assert codes.motive("pièces manquantes", adjourned=True) == ("AJOURNE_JUSTIFICATIFS_ABSENTS", None)
    assert codes.motive("ajournement, en attente du juge", adjourned=False) == (
        "AJOURNE_AUTRE",
        "ajournement, en attente du juge",
    )
    with pytest.raises(BadValue, match="non adhésion") as bad:
        codes.motive("fâché avec son voisin", adjourned=False)
    assert "voisin" not in bad.value.expected


def test_outcomes() -> None:
    assert codes.outcome("Dédite déposée, avec retour 115") == ("DEDITE_RETOUR_115", None)
    assert codes.outcome("réorientation en pension de famille : encombrement") == (
        "REORIENTATION_PENSION_FAMILLE",
        "ENCOMBREMENT",
    )
    assert codes.outcome("Réorientée en pension de famille (vulnérabilité et solitude)")[1] == "VULNERABILITE_SOLITUDE"
    assert codes.outcome("réorientation en pension de famille : voisinage") == ("REORIENTATION_PENSION_FAMILLE", None)
    assert codes.outcome("maintien sans dette de loyer (2 ans)") == ("MAINTIEN_SANS_DETTE", None)
    with pytest.raises(BadValue):
        codes.outcome("parti")


def test_a_motive_is_known_by_what_stands_before_the_colon() -> None:
    said = "a quitté le département : Isère"
    assert codes.motive(said, adjourned=False) == ("DEPART_DEPARTEMENT", said)


@pytest.mark.parametrize(
    ("text", "code", "children"),
    [
        ("femme seule avec 2 enfants", "FEMME_ISOLE_AVEC_ENFANT", 2),
        ("couple + 1 enfant", "COUPLE_AVEC_ENFANT", 1),
        ("père et 2 enfants", "HOMME_ISOLE_AVEC_ENFANT", 2),
        ("homme isolé, 0 enfant", "HOMME_ISOLE_SANS_ENFANT", 0),
        ("femme avec enfants", "FEMME_ISOLE_AVEC_ENFANT", None),
    ],
)
def test_a_household_may_say_its_children(text: str, code: str, children: int | None) -> None:
    assert codes.household(text) == (code, children)


def test_an_unknown_measure_is_not_a_known_one_and_two_are_refused() -> None:
    assert codes.measure("UDAF") is None
    assert codes.measure("samsah") == "SAMSAH"
    with pytest.raises(BadValue):
        codes.measure("AVDL et SAMSAH")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("household_type", "seule", "ISOLE_SANS_ENFANT"),
        ("household_type", "Seule sans enfant", "ISOLE_SANS_ENFANT"),
        ("household_type", "seule avec enfants", "ISOLE_AVEC_ENFANT"),
        ("household_type", "mère seule", "FEMME_ISOLE_AVEC_ENFANT"),
        ("household_type", "mineure isolée", "MINEUR"),
        ("resource", "indépendante", "ACTIVITE"),
        ("motive", "morte", "DECES"),
        ("motive", "admise dans un autre dispositif", "RELOGE_AUTRE_DISPOSITIF"),
        ("ethos", "sortante de prison", "6"),
        ("ethos", "occupante sans titre", "8"),
    ],
)
def test_feminine_endings(name: str, text: str, code: str) -> None:
    assert codes.find(name, text) == code


def test_ethos() -> None:
    written = {
        "1.1 espace public": 1,
        "11.3 structure provisoire": 11,
        "13": 13,
        "8,1 chez un ami": 8,
        "à la rue": 1,
        "Hébergé chez un tiers": 8,
        "sortie de prison en mars": 6,
        "ETHOS 2.1": 2,
        "Ethos : 8.1 chez sa sœur": 8,
        "sans domicile fixe": 1,
    }
    assert {text: codes.ethos_category(text) for text in written} == written
    for text in ("14.1 autre", "0 rien", "ailleurs", "1.12", "115 bis"):
        with pytest.raises(BadValue):
            codes.ethos(text)


def test_resources() -> None:
    assert codes.resource("Pôle emploi") == "ARE"
    assert codes.resource("RSA + activité") == "MIXTE"
    assert codes.code("measure", "CURATELLE_RENFORCEE") == "CURATELLE_RENFORCEE"
    with pytest.raises(BadValue):
        codes.resource("RSA + ?")
