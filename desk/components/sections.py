"""The parts of the page of the components, in its order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its anchor (and the name of its template), its title, when to use it."""

    anchor: str
    title: str
    when: str

    @property
    def template(self) -> str:
        return f"desk/components/{self.anchor.replace('-', '_')}.html"


SECTIONS = (
    Section(
        "couleurs",
        "Couleurs et signature",
        "Le trait ambre est le pas de la porte : il dit où l’on est, et rien d’autre.",
    ),
    Section(
        "etats",
        "Badge d’état",
        "Partout où un dossier est nommé : la couleur dit le moment du parcours, l’icône et le mot disent l’état.",
    ),
    Section(
        "boutons", "Boutons", "Un seul bouton plein par vue ; un verbe ; jamais grisé sans la phrase qui dit pourquoi."
    ),
    Section(
        "champs",
        "Champs",
        "Une question, son aide, son erreur entre les deux et sa réponse ; un champ peut rester vide avec une raison.",
    ),
    Section(
        "conseil",
        "Conseil sous un texte libre",
        "Sous un texte qui ressemble à un diagnostic : nomme le mot, offre la bonne place, ne bloque jamais.",
    ),
    Section(
        "alertes",
        "Alertes et refus",
        "Du plus calme au plus fort. Le dernier est le refus : ce qui ne s’est pas fait, pourquoi, et quoi faire.",
    ),
    Section(
        "reperes",
        "Repères : fil, étapes, onglets",
        "En tête d’un dossier : d’où l’on vient, où il en est, ce qu’il contient.",
    ),
    Section(
        "actes",
        "Actes possibles",
        "À droite d’un dossier : ce qui manque d’abord, avec le lien qui y remédie ; le bouton quand tout est réuni.",
    ),
    Section(
        "chronologie",
        "Chronologie",
        "Ce qui s’est passé, du plus récent au plus ancien ; une correction est une ligne nouvelle.",
    ),
    Section(
        "frise",
        "Frise résidentielle",
        "Une ligne par personne. Un trou se montre, il ne se reproche pas. Le tableau est toujours à côté.",
    ),
    Section(
        "comptes",
        "Comptes par état",
        "À l’accueil : la bande en proportion, puis chaque état avec son chiffre et son lien.",
    ),
    Section(
        "a-faire", "À faire", "À l’accueil : qui, quand, pourquoi en une phrase, et le bouton qui agit tout de suite."
    ),
    Section(
        "listes",
        "Vues, filtres et liste",
        "Les filtres vivent dans l’adresse : une vue se partage par son lien. Au téléphone, des blocs.",
    ),
    Section(
        "etapes",
        "Étapes d’un long formulaire",
        "L’évaluation : un anneau par étape. Un anneau vide n’est pas une erreur.",
    ),
    Section("capture", "Saisie au téléphone", "Le journal de l’accompagnement : trois touchers, d’un pouce."),
    Section(
        "pieces",
        "Pièces du dossier",
        "Une place par pièce : manquante, présente, ou fermée à qui la sait là sans la lire.",
    ),
    Section(
        "vote",
        "Consensus, puis vote",
        "En séance : la question à voix haute d’abord ; un vote si quelqu’un le demande.",
    ),
    Section(
        "visas",
        "Visas et signatures",
        "Le mois du pécule, le procès-verbal, une publication : qui, quand, et qui est exclu.",
    ),
    Section(
        "mois",
        "Tableau des mois",
        "Personnes par mois : un montant et un mot dans chaque case ; hors du droit, un point.",
    ),
    Section(
        "argent",
        "Argent, comptes, chiffres, cases protégées",
        "Un chiffre vient avec sa règle, sa date et son écart ; publié et recalculé côte à côte.",
    ),
    Section(
        "graphique",
        "Graphique et son tableau",
        "Trois séries au plus, depuis zéro, chiffres écrits ; l’intervalle quand on en compte moins de cinquante.",
    ),
    Section("budget", "Barre de budget", "Engagé clair, payé foncé, en part du budget de l’action ; brique au-delà."),
    Section("vide", "Rien encore", "Quand une page n’a rien : ce qui serait là, et le pas suivant."),
    Section(
        "confirmation",
        "Confirmation",
        "Seulement pour ce qui atteint quelqu’un au-dehors ou ne se défait pas ; les boutons redisent le verbe.",
    ),
    Section(
        "long-travail",
        "Long travail",
        "Un import, un export : compte réel, temps restant, arrêt possible, puis ce qui en reste.",
    ),
    Section(
        "fiche",
        "Fiche imprimée",
        "Ce qui circule en séance : nom du lecteur en filigrane, fin de l’accès au pied, aucun nom de ménage.",
    ),
    Section(
        "lettre",
        "Courrier",
        "Ce qui se remet au ménage : la décision d’abord, pourquoi, la suite, ses droits. Un projet le dit en bandeau.",
    ),
    Section(
        "courriel",
        "Courriel",
        "Une référence, une phrase, un bouton, un numéro humain ; jamais un nom ni une décision.",
    ),
)
