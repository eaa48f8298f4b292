"""Who works with Seuil, where, in which role, since when."""

from accounts.models.organisation import Organisation, OrganisationAlias, OrganisationKind
from accounts.models.user import Membership, User

__all__ = ["Membership", "Organisation", "OrganisationAlias", "OrganisationKind", "User"]
