"""What is true of a situation."""

from cases.dossiers.models.choices import (
    ETHOS,
    KEEPS_A_HOME,
    LOOKS,
    Adhesion,
    EventKind,
    FactCode,
    HoldCode,
    HouseholdType,
    Look,
    MissingNumber,
    MotiveLevel,
    Outcome,
    PersonRole,
    Resource,
    Sex,
    Source,
    State,
)
from cases.dossiers.models.dossier import Dossier, DossierQuerySet
from cases.dossiers.models.evaluation import Evaluation, HousingRequest, ResidentialSituation
from cases.dossiers.models.events import DossierEvent, Hold, Motive
from cases.dossiers.models.grants import DossierGroupGrant, DossierUserGrant
from cases.dossiers.models.people import Household, Participant, Person

__all__ = [
    "ETHOS",
    "KEEPS_A_HOME",
    "LOOKS",
    "Adhesion",
    "Dossier",
    "DossierEvent",
    "DossierGroupGrant",
    "DossierQuerySet",
    "DossierUserGrant",
    "Evaluation",
    "EventKind",
    "FactCode",
    "Hold",
    "HoldCode",
    "Household",
    "HouseholdType",
    "HousingRequest",
    "Look",
    "MissingNumber",
    "Motive",
    "MotiveLevel",
    "Outcome",
    "Participant",
    "Person",
    "PersonRole",
    "ResidentialSituation",
    "Resource",
    "Sex",
    "Source",
    "State",
]
