"""Who is written to at the body that oriented a household."""

from __future__ import annotations

from accounts.models import Membership, User
from accounts.roles import Code
from cases.dossiers.models import Dossier


def prescripteurs_of(dossier: Dossier) -> list[User]:
    """Those who prescribe there and may open the dossier, by address: a reference and a link are told to nobody else.

    Of a protected one, they are the persons named on it; of one that was never open to their team, nobody.
    """
    there = Membership.objects.live().filter(organisation=dossier.prescripteur_id, role=Code.PRESCRIPTEUR)
    people = User.objects.filter(pk__in=there.values("user"), is_active=True).order_by("email")
    return [person for person in people if person.has_perm("view", dossier)]
