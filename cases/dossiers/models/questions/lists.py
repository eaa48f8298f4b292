"""The lists that questions choose from. Codes never change; words may.

Sources: ETHOS and SI-SIAO words, Dom’Asso (`cause`, `residence`), CCH R*441-14-1 (DALO), domaine § 3.
"""

from __future__ import annotations

YES_NO = {"OUI": "Oui", "NON": "Non", "INCONNU": "Ne sait pas"}
ADHESION = {"OUI": "Oui", "NON": "Non"}
READING = {
    "LIT": "Lit et écrit le français",
    "DIFFICILE": "Lit avec difficulté",
    "NE_LIT_PAS": "Ne lit pas le français",
}
CONTACT = {
    "TELEPHONE": "Téléphone personnel",
    "TELEPHONE_PARTAGE": "Téléphone partagé",
    "COURRIEL": "Courriel",
    "TIERS": "Par une personne de confiance",
    "LIEU": "Sur un lieu, à des heures connues",
    "SANS_TELEPHONE": "Pas de téléphone",
    "SANS_COURRIEL": "Pas de courriel",
}
RESIDENCE_RIGHT = {
    "FRANCAIS": "Nationalité française",
    "UE": "Citoyen de l’Union européenne",
    "TITRE": "Titre de séjour",
    "RECEPISSE": "Récépissé",
    "ASILE": "Demande d’asile en cours",
    "PROTEGE": "Réfugié ou protégé",
    "DEBOUTE": "Débouté du droit d’asile",
    "SANS_PAPIERS": "Sans titre de séjour",
}
IDENTITY_PAPER = {
    "EN_COURS_DE_VALIDITE": "En cours de validité",
    "PERIMEE": "Périmée",
    "PERDUE": "Perdue ou volée",
    "DEMANDEE": "Demandée",
    "AUCUNE": "Aucune",
}
DOMICILIATION = {
    "ADRESSE": "Adresse du logement occupé",
    "CCAS": "Domiciliation au CCAS",
    "ASSOCIATION": "Domiciliation dans une association",
    "TIERS": "Adresse chez un tiers",
    "AUCUNE": "Aucune adresse",
}
PROTECTION = {
    "AUCUNE": "Aucune",
    "DEMANDEE": "Demandée au juge",
    "SAUVEGARDE": "Sauvegarde de justice",
    "CURATELLE": "Curatelle simple",
    "CURATELLE_RENFORCEE": "Curatelle renforcée : le mandataire signe aussi",
    "TUTELLE": "Tutelle : le mandataire signe",
    "MASP": "Mesure d’accompagnement social personnalisé",
}
DALO = {
    "NON": "Pas de recours",
    "DEPOSE": "Recours déposé",
    "PRIORITAIRE": "Reconnu prioritaire",
    "REJETE": "Recours rejeté",
}
# how one is housed, in the words of the SI-SIAO and of Dom’Asso
RESIDENCE = {
    "SANS_ABRI": "Sans abri",
    "HOTEL": "Hôtel",
    "HEBERGEMENT_SOCIAL": "Hébergement social",
    "HEBERGEMENT_TIERS": "Hébergé chez un tiers",
    "DOMICILE_MOBILE": "Véhicule, caravane, bateau",
    "SQUAT": "Squat ou bidonville",
    "INSTITUTION": "Institution dont on sort",
    "LOGEMENT": "Logement à soi",
}
URGENCY = {
    "AUCUNE": "Rien d’urgent",
    "ABRI": "Un abri pour cette nuit",
    "DANGER": "Être mis à l’abri d’un danger",
    "DEPART": "Une date à laquelle il faut partir",
    "NAISSANCE": "Une naissance attendue",
    "ANIMAL": "Un lieu qui accepte un animal",
}
OCCUPATION = {
    "EMPLOI_STABLE": "Emploi durable",
    "EMPLOI_COURT": "Emploi court, intérim",
    "FORMATION": "Formation, apprentissage",
    "RECHERCHE": "En recherche d’emploi",
    "RETRAITE": "Retraite",
    "SANS": "Sans activité",
}
RESOURCES = {
    "RSA": "RSA",
    "AAH": "AAH",
    "ARE": "Allocation chômage (ARE)",
    "ASS": "ASS",
    "ACTIVITE": "Salaire ou activité",
    "PRIME_ACTIVITE": "Prime d’activité",
    "ASPA": "ASPA",
    "RETRAITE": "Retraite",
    "INVALIDITE": "Pension d’invalidité",
    "CEJ": "Contrat d’engagement jeune",
    "AF": "Allocations familiales",
    "PENSION_ALIMENTAIRE": "Pension alimentaire reçue",
    "PECULE": "Pécule",
    "AUTRE": "Autre",
}
"""Natures of a line of resources. Those that the register does not know are « autre » for it (`NATURES`)."""
NATURES = {"PRIME_ACTIVITE": "ACTIVITE", "AF": "AUTRE", "PENSION_ALIMENTAIRE": "AUTRE", "PECULE": "AUTRE"}
CHARGES = {
    "LOYER": "Loyer ou redevance",
    "ENERGIE": "Énergie, eau",
    "ASSURANCE": "Assurance",
    "TELEPHONE": "Téléphone",
    "TRANSPORT": "Transport",
    "PENSION": "Pension alimentaire versée",
    "GARDE": "Garde d’enfants",
    "CREDIT": "Crédit",
    "AUTRE": "Autre",
}
DEBTS = {
    "LOYER": "Dette de loyer",
    "ENERGIE": "Énergie, eau",
    "CAF": "Trop-perçu (CAF, France Travail)",
    "AMENDE": "Amende",
    "IMPOT": "Impôt",
    "CREDIT": "Crédit",
    "TIERS": "Particulier",
    "AUTRE": "Autre",
}
PLANS = {
    "AUCUN": "Aucun plan",
    "DEMANDE": "Plan demandé",
    "SIGNE": "Plan signé",
    "SUIVI": "Plan signé et suivi",
}
OVERINDEBTEDNESS = {
    "NON": "Pas de dossier",
    "DEPOSE": "Dossier déposé",
    "RECEVABLE": "Dossier recevable",
    "PLAN": "Plan en cours",
    "EFFACEMENT": "Dettes effacées",
}
EVICTION = {
    "AUCUNE": "Aucune procédure",
    "COMMANDEMENT": "Commandement de payer",
    "ASSIGNATION": "Assignation",
    "JUGEMENT": "Jugement",
    "QUITTER": "Commandement de quitter les lieux",
    "FORCE_PUBLIQUE": "Concours de la force publique",
}
# what broke, in the words of Dom’Asso (`cause`)
CAUSE = {
    "EXPULSION": "Expulsion",
    "RUPTURE": "Rupture familiale ou conjugale",
    "VIOLENCE": "Violences",
    "SORTIE_STRUCTURE": "Sortie d’une structure",
    "HEBERGE_SANS_ADRESSE": "Hébergement sans adresse",
    "ITINERANT": "Vie itinérante",
    "ERRANCE": "Errance",
}
TIME_WITHOUT = {
    "MOINS_6_MOIS": "Moins de six mois",
    "MOINS_1_AN": "De six mois à un an",
    "MOINS_2_ANS": "De un à deux ans",
    "MOINS_5_ANS": "De deux à cinq ans",
    "PLUS": "Plus de cinq ans",
}
TYPOLOGY = {f"T{rooms}": f"T{rooms}" for rooms in range(1, 8)}
FLOOR = {
    "INDIFFERENT": "Peu importe",
    "REZ_DE_CHAUSSEE": "Rez-de-chaussée",
    "BAS": "Premier ou deuxième étage",
    "ASCENSEUR": "Tous les étages avec ascenseur",
    "PAS_REZ_DE_CHAUSSEE": "Pas au rez-de-chaussée",
}
ACCESS = {
    "AUCUN": "Pas de besoin particulier",
    "SANS_MARCHE": "Accès sans marche",
    "FAUTEUIL": "Fauteuil roulant",
    "DOUCHE": "Douche sans seuil",
    "TRANSPORT": "Près d’un arrêt de transport",
}
ANIMALS = {
    "AUCUN": "Aucun",
    "CHAT": "Un chat",
    "CHATS": "Plusieurs chats",
    "CHIEN": "Un chien",
    "CHIEN_CATEGORIE": "Un chien de catégorie",
    "CHIENS": "Plusieurs chiens",
    "AUTRE": "Un autre animal",
}
NEEDS = {
    "AUCUN": "Aucun pour l’instant",
    "DEMARCHES": "Démarches et droits",
    "BUDGET": "Budget",
    "LOGEMENT": "Vie dans le logement",
    "VOISINAGE": "Voisinage",
    "LIEN": "Rompre l’isolement",
    "EMPLOI": "Emploi, formation",
    "PARENTALITE": "Parentalité",
    "SOINS": "Accès aux soins",
    "MOBILITE": "Se déplacer",
    "LANGUE": "Langue française",
}
FREQUENCY = {
    "SEMAINE": "Plusieurs fois par semaine",
    "HEBDOMADAIRE": "Une fois par semaine",
    "MENSUELLE": "Une ou deux fois par mois",
    "DEMANDE": "À la demande",
}
COMMUNE_ANY = {"INDIFFERENT": "Peu importe"}
