"""What the page of the components shows: people, papers and sums that were all invented, on one fixed day.

The order is that of the page; nothing here is read from the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator

from cases.dossiers.models import LOOKS, State
from core.charts import Count, Lane, Moment, Period, bars_chart, counts_chart, lanes_chart
from core.components import (
    Act,
    AgendaItem,
    BoardRow,
    Cell,
    Condition,
    DocumentSlot,
    Entry,
    Figure,
    Filter,
    Gate,
    Happening,
    Step,
    Task,
    TaskGroup,
    Voice,
)
from core.drawings import bullet, watermark
from core.typography import number
from desk.components.forms import at, fields
from desk.components.letter import letter
from desk.views import MOMENTS

TODAY = date(2026, 11, 23)
COUNTS = (3, 6, 8, 5, 4, 2, 7, 5, 3, 4, 9, 21, 6, 15)
TAX = Condition("L’avis d’imposition 2025 de Mme Diallo.", "", "Demander la pièce", "#actes")
REQUEST = Condition(
    "Une demande de logement social valable le 3 décembre.",
    "La sienne expire le 30 novembre.",
    "Noter le renouvellement",
    "#actes",
)
MET = (Condition("L’évaluation est datée du 12 novembre."), Condition("Mme Diallo adhère au projet."))
READY, ADJOURN = "Déclarer prêt à présenter", "Ajourner"


def examples(page: int) -> dict[str, Any]:
    """The context of the page; `page` is that of the list shown as an example."""
    return {
        **_states(),
        **fields(),
        **_dossier(),
        **_lists(page),
        **_commission(),
        **_money(),
        "paper": letter(),
        "today": TODAY,
    }


def _states() -> dict[str, Any]:
    by_moment = [(label, [state for state in State if LOOKS[state].moment == kind], kind) for label, kind in MOMENTS]
    return {
        "colours": [
            ("lac-700", "Lac 700", "Actes, liens"),
            ("lac-600", "Lac 600", "Graphiques"),
            ("lac-100", "Lac 100", "Choix"),
            ("lampe-400", "Lampe 400", "Ici, maintenant"),
            ("ink", "Encre", "Texte"),
            ("ink-2", "Encre 2", "Texte second"),
            ("canvas", "Toile", "Fond"),
            ("danger", "Brique", "Refus, retard"),
        ],
        "moments": [
            (label, kind, [(state.label, LOOKS[state].icon) for state in states]) for label, states, kind in by_moment
        ],
        "counts": counts_chart(
            [
                Moment(
                    label,
                    kind,
                    [
                        Count(state.label, LOOKS[state].icon, COUNTS[list(State).index(state)], "#comptes")
                        for state in states
                    ],
                )
                for label, states, kind in by_moment
            ]
        ),
    }


def _dossier() -> dict[str, Any]:
    missing, met = [TAX, REQUEST], list(MET)
    others = [
        Act(ADJOURN, "#actes", "pause-circle", needs_motive=True),
        Act("Ne pas retenir", "#actes", "slash-circle", needs_motive=True),
        Act("Clore le dossier", "#actes", "archive", missing=[Condition("Le bail est encore ouvert.")]),
        Act("Valider", "#actes", "check-circle", elsewhere="La décision se prend en séance."),
    ]
    return {
        "act_waiting": Act(READY, "#actes", "flag", "post", missing, met),
        "act_ready": Act("Présenter en commission", "", "people", "post", (), met),
        "other_acts": others,
        "trail": [Entry("Dossiers", "#reperes")],
        "tabs": [
            Entry("Parcours", "#reperes", current=True),
            Entry("Évaluation", "#reperes"),
            Entry("Documents", "#reperes", count=6),
        ],
        "path": [
            Step("Prescrit", "done", date(2026, 10, 8)),
            Step("Évalué", "now", date(2026, 11, 12)),
            Step("Prêt à présenter", "todo"),
            Step("Commission", "todo", date(2026, 12, 3), expected=True),
            Step("Recherche", "todo"),
            Step("Logé", "todo"),
            Step("Suivi", "todo"),
        ],
        "timeline": [
            Happening(
                date(2026, 11, 12),
                "Évaluation datée et figée.",
                "Claire Vautrin, SIAO",
                "clipboard-check",
                "evaluation",
            ),
            Happening(
                date(2026, 11, 9),
                "Attestation CAF reçue et vérifiée.",
                "Claire Vautrin, SIAO",
                "file-earmark-check",
                "logement",
            ),
            Happening(
                date(2026, 11, 3),
                "Appel de Mme Diallo : elle cherche près de l’école.",
                "Claire Vautrin, SIAO",
                "telephone",
            ),
            Happening(date(2026, 10, 8), "Prescription reçue.", "CCAS de Valcombe", "envelope-paper", "entree"),
            Happening(None, "Premier contact avec la maraude.", "Non renseigné", "binoculars", "entree"),
        ],
        "lanes": lanes_chart(_lanes(), today=TODAY),
        "lane_headings": ["ETHOS"],
        "lane_legend": [
            Entry("Sans abri", "", "rue"),
            Entry("Sans logement", "", "sans"),
            Entry("Logement précaire", "", "precaire"),
            Entry("Logement", "", "logement"),
            Entry("Non connu", "", "inconnu"),
        ],
        "documents": [
            DocumentSlot(
                "Avis d’imposition 2025",
                "missing",
                "Demandé le 12 novembre. Nécessaire avant la commission.",
                "Joindre",
                "#pieces",
            ),
            DocumentSlot(
                "Attestation CAF",
                "present",
                "PDF, 214 ko, reçue le 9 novembre, valable jusqu’au 9 février",
                "Voir",
                "#pieces",
                "Vérifiée",
                "logement",
                "check-lg",
            ),
            DocumentSlot(
                "Certificat médical",
                "closed",
                "Lu par l’infirmière seule. Vous savez qu’il existe, pas ce qu’il dit.",
                badge="Santé",
                kind="fin",
                badge_icon="lock",
            ),
        ],
    }


def _lanes() -> list[Lane]:
    lease = Period(date(2023, 7, 1), date(2024, 5, 31), "Bail privé", "logement", ("",))
    friend = Period(date(2024, 6, 1), date(2025, 2, 27), "Chez un tiers", "precaire", ("8.1",))
    hotel = Period(date(2025, 3, 1), date(2025, 9, 14), "Hôtel 115", "sans", ("3.1",))
    unknown = Period(date(2025, 9, 15), date(2025, 11, 30), "Période non connue", "inconnu")
    shelter = Period(date(2025, 12, 1), None, "Hébergement (CHRS)", "sans", ("3.2",))
    street = Period(date(2025, 3, 1), date(2025, 9, 14), "À la rue", "rue", ("1.1",))
    return [
        Lane("Aïssatou", [lease, friend, hotel, unknown, shelter]),
        Lane("Ibrahim", [lease, friend, street, unknown, shelter]),
    ]


def _lists(page: int) -> dict[str, Any]:
    rows = [
        ("Diallo, Aïssatou", "LDA-2026-031", State.EVALUE, "expire le 30 novembre", True),
        ("Morel-Tissot, Jean", "LDA-2026-030", State.PRET, "séance du 3 décembre", False),
        ("Benali, Samira", "LDA-2025-044", State.LOGE, "visite du 26 novembre", False),
    ]
    shown: Page[Any] = Paginator(range(240), 25).get_page(page)
    return {
        "views": [
            Entry("Tous", "#listes", current=True, count=240),
            Entry("Les miens", "#listes", count=12),
            Entry("Sans référent", "#listes", count=0),
        ],
        "filters": [
            Filter("etat", "État", "Tous les états", {state.value: str(state.label) for state in State}),
            Filter("prescripteur", "Prescripteur", "Tous", {"ccas": "CCAS de Valcombe"}),
        ],
        "asked": {"etat": State.EVALUE.value, "prescripteur": "ccas"},
        "active_filters": [Entry("Évalué", "#listes"), Entry("Prescripteur : CCAS de Valcombe", "#listes")],
        "rows": [(name, ref, state.label, LOOKS[state], due, late) for name, ref, state, due, late in rows],
        "page": shown,
        "todo": [
            TaskGroup(
                "En retard",
                [
                    Task(
                        "Aïssatou Diallo",
                        "#a-faire",
                        "expire dans 7 jours",
                        "Sa demande de logement social n’est pas renouvelée.",
                        "hourglass-split",
                        "Renouveler",
                        "#a-faire",
                        late=True,
                    )
                ],
            ),
            TaskGroup(
                "Cette semaine",
                [
                    Task(
                        "LDA-2026-030",
                        "#a-faire",
                        "jeudi 26",
                        "La fiche de situation attend votre relecture.",
                        "flag",
                        "Relire",
                        "#a-faire",
                    )
                ],
            ),
        ],
    }


def _commission() -> dict[str, Any]:
    spoken = [
        Voice("SIAO de la Savoie", "C. Vautrin", "Pour", "logement", "check-lg"),
        Voice("Habitat des Bauges", "L. Perrier", "Pour", "logement", "check-lg"),
        Voice("DDETSPP de la Savoie", "A. Revol", "Pour", "logement", "check-lg"),
    ]
    recused = Voice(
        "Savoie Toit Familial", "D. Charvet", "Ne prend pas part", "fin", "slash-circle", "créancier de la dette"
    )
    return {
        "opened_at": at(14, 38),
        "open_figures": [
            Figure("Pour", "3"),
            Figure("Contre", "0"),
            Figure("Abstention", "0"),
            Figure("Attendue", "1"),
        ],
        "open_voices": [*spoken, Voice("Grand Chambéry", "I. Baudin", url="#vote"), recused],
        "closed_figures": [
            Figure("Pour", "3"),
            Figure("Contre", "0"),
            Figure("Abstention", "1"),
            Figure("Récusation", "1"),
        ],
        "closed_voices": [*spoken, Voice("Grand Chambéry", "I. Baudin", "Abstention", "fin", "circle"), recused],
        "result": [Voice("", "", "Validée", "commission", "check-circle", "à la majorité des voix exprimées")],
        "agenda": [
            AgendaItem("LDA-2026-025", "#vote", "Couple", "Validée", "commission", "check-circle"),
            AgendaItem(
                "LDA-2026-031", "#vote", "Femme, 2 enfants", "Vote ouvert", "attente", "megaphone", current=True
            ),
            AgendaItem("LDA-2026-030", "#vote", "Homme seul", "À examiner", "fin", "circle"),
        ],
        "present": [("SIAO de la Savoie", at(13, 58)), ("Habitat des Bauges", at(14, 0)), ("FOL 73", at(14, 4))],
        "gates": [
            Gate("Préparé", "done", "check-circle-fill", ["Paul Gaillard", "20 novembre, 11 h 04"]),
            Gate("Visa attendu", "now", "pen", ["Inès Baudin, coordination", "avant le mercredi 25"]),
            Gate("Signature", "todo", "circle", ["François Mollard, ordonnateur", "une autre personne que le visa"]),
            Gate("Envoi au comptable", "todo", "circle", ["Fichier PES, le même à chaque téléchargement"]),
        ],
        "reader": "L. Perrier, Habitat des Bauges",
        "marks": watermark(),
        "until": date(2027, 1, 2),
        "mail_text": [
            "Bonjour,",
            "La commission du 3 décembre a examiné votre prescription LDA-2026-031.",
            "La décision et ses suites vous attendent dans Seuil.",
        ],
    }


def _paid(cells: Sequence[tuple[str, str, Decimal]]) -> str:
    """What these months have paid: the sums of the board count nothing else."""
    return number(sum((amount for _, kind, amount in cells if kind == "paye"), Decimal("0.00")))


def _money() -> dict[str, Any]:
    before, rate, nothing = Decimal("568.94"), Decimal("573.49"), Decimal("0.00")
    months: dict[str, list[tuple[str, str, Decimal]]] = {
        "Carrel, Enzo": [
            ("payé", "paye", before),
            ("payé", "paye", rate),
            ("préparé", "prep", rate),
            ("prévu", "prevu", rate),
        ],
        "Haouari, Inès": [
            ("", "hors", nothing),
            ("suspendu", "susp", nothing),
            ("rejeté", "rejet", rate),
            ("prévu", "prevu", rate),
        ],
    }
    board = [
        BoardRow(
            name, [Cell(word, number(amount), kind) if word else Cell() for word, kind, amount in cells], _paid(cells)
        )
        for name, cells in months.items()
    ]
    return {
        "months": [("sept.", False), ("oct.", False), ("nov.", True), ("déc.", False)],
        "board": board,
        "sums": [_paid(cells) for cells in zip(*months.values(), strict=True)],
        "board_total": _paid([cell for cells in months.values() for cell in cells]),
        "payment": Decimal("1412.60"),
        "budget": Decimal(67200),
        "loss": Decimal(-66382),
        "nothing": Decimal(0),
        "finding_acts": [Entry("Accepter avec un motif", "#argent"), Entry("Demander une correction", "#argent")],
        "chart": bars_chart(
            ["Présentés", "Validés", "Logés"],
            [("2022", [12, 10, 7]), ("2023", [13, 11, 9]), ("2024", [17, 13, 11]), ("2025", [19, 16, 14])],
            intervals={("2025", "Logés"): (10, 17)},
        ),
        "bullets": [
            (
                "Plateforme d’intermédiation locative",
                bullet(budget=20765, engaged=20765, paid=13843),
                20765,
                20765,
                13843,
            ),
            ("Équipe pluridisciplinaire", bullet(budget=277400, engaged=180300, paid=91200), 277400, 180300, 91200),
            ("Évènements", bullet(budget=5000, engaged=5819, paid=5819), 5000, 5819, 5819),
        ],
    }
