"""Who may do what in PostgreSQL: one page, read by auditors, applied at the end of every `migrate`.

Idempotent. Roles: `seuil_web` serves people, under row-level security; `seuil_worker` works alone;
`seuil_reporting` and `seuil_treasury` read the columns listed here, and no others. The owner only migrates.
"""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config.db_rights.apart import ANSWERS, APART
from config.db_rights.documents import DOCUMENT
from config.db_rights.own import CALENDAR, KEPT_VIEW
from config.db_rights.persons import LIKENESS
from config.db_rights.privileges import DEFAULT, EVERYONE, KEYSTORE, TRIGGERS
from config.db_rights.rows import (
    CHILD,
    DOSSIER,
    FICHE,
    GRANTS,
    JOB,
    JOURNAL,
    MAPPING,
    NAME_SEARCH,
    PENDING,
    PERSON,
    URGENCY,
)
from config.db_rights.undo import UNDO

# Tables whose rows belong to a dossier, by the column that names it: the web role sees those of its grants.
OF_A_DOSSIER = {
    "dossiers_participant": "dossier_id",
    "dossiers_prescription": "dossier_id",
    "dossiers_evaluation": "dossier_id",
    "dossiers_housingrequest": "dossier_id",
    "dossiers_residentialsituation": "dossier_id",
    "dossiers_dossierevent": "dossier_id",
    "dossiers_hold": "dossier_id",
    "dossiers_reminder": "dossier_id",
    "dossiers_sentletter": "dossier_id",
    "dossiers_piecerequest": "dossier_id",
    "dossiers_memberdetail": "dossier_id",
    "dossiers_expectedbirth": "dossier_id",
    "dossiers_householdanimals": "dossier_id",
    "dossiers_answer": "dossier_id",
    "dossiers_resourceline": "dossier_id",
    "dossiers_chargeline": "dossier_id",
    "dossiers_debtline": "dossier_id",
    "dossiers_agreement": "dossier_id",
    "commission_examen": "dossier_id",
    "commission_snapshot": "dossier_id",
    "commission_fiche": "dossier_id",
    "housing_lease": "dossier_id",
    "support_measure": "dossier_id",
    "exchange_recognised": "dossier_id",
    "exchange_keptdifference": "dossier_id",
}
# What who pays and who counts may read, column by column: a table or a column that is not here is closed to them.
COLUMNS = {
    "seuil_reporting": {"reporting_figureresult": ("figure", "period", "value", "computed_at")},
    # payees come with the tables that will pay them; until then, the bodies that one may pay, and nobody
    "seuil_treasury": {"accounts_organisation": ("id", "name", "sort_key", "kind")},
}
OWN = {
    "dossiers_dossierusergrant": "user_id = (SELECT seuil_actor())",
    "dossiers_dossiergroupgrant": "group_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])",
}


# Before anything is granted: a VACUUM under way would wait for what is granted, and what is altered next for that
# VACUUM. Locked first, autovacuum gives way.
LOCKED = """
DO $$ DECLARE every text; BEGIN
  SELECT string_agg(format('%I.%I', schemaname, tablename), ', ' ORDER BY tablename) INTO every
    FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user;
  IF every IS NOT NULL THEN
    EXECUTE 'LOCK TABLE ' || every || ' IN ACCESS EXCLUSIVE MODE';
  END IF;
END $$;
"""


def apply(connection: BaseDatabaseWrapper) -> None:
    """Apply this page to one of the two databases, as its owner; at once, for those at work meanwhile."""
    if connection.alias == "keystore":
        pages = [EVERYONE, KEYSTORE]
    else:
        children = [CHILD.format(table=table, column=column) for table, column in OF_A_DOSSIER.items()]
        grants = [GRANTS.format(table=table, own=own) for table, own in OWN.items()]
        columns = [
            f"GRANT SELECT ({', '.join(names)}) ON {table} TO {role}"
            for role, tables in COLUMNS.items()
            for table, names in tables.items()
        ]
        pages = [EVERYONE, TRIGGERS, DEFAULT, *columns, DOSSIER, PERSON, URGENCY, JOB, NAME_SEARCH, PENDING, MAPPING]
        pages += [LIKENESS, ANSWERS, APART, *grants, *children, FICHE, DOCUMENT, JOURNAL, CALENDAR, KEPT_VIEW, UNDO]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(LOCKED)
        for page in pages:
            cursor.execute(page)
