"""The tables of the product as PostgreSQL has them, and how those of dossiers are written."""

from __future__ import annotations

from tests.fixtures import execute

FORBIDDEN, RLS = "42501", "42501"
GRANTS = {"dossiers_dossierusergrant", "dossiers_dossiergroupgrant"}
NEVER_REWRITTEN = {"audit_entry", "dossiers_dossierevent", "commission_fiche"} | {
    "dossiers_documentcontent",
    "dossiers_personindex",
}
# where the web changes some columns alone (`test_columns_that_the_web_changes`)
BY_COLUMN = {
    *("accounts_calendaraddress", "accounts_invitation", "accounts_membership", "commission_examengroupgrant"),
    *("core_job", "dossiers_commune", "dossiers_motive", "dossiers_urgentopening", "accounts_texthint"),
    *("dossiers_document", "dossiers_piecekind", "dossiers_piecerequest", "dossiers_agreement"),
    *("dossiers_likeness", "dossiers_personlink"),
    *("dossiers_prescription", "dossiers_reminder"),
    *GRANTS,
}
# history, and what is kept for an hour: a row is never rewritten
KEPT = {"accounts_listchange", "accounts_letterversion", "accounts_confirmation", "dossiers_keptwriting"}
KEPT |= {"exchange_columnmapping", "exchange_valuemapping", "exchange_recognised", "exchange_keptdifference"}
KEPT |= {"dossiers_keptview", "exchange_import"}
# written by a function of the owner's alone (`config/db_rights/undo.py`)
BY_FUNCTION = {"exchange_importeddossier", "exchange_importedseance"}
KEPT |= BY_FUNCTION


def tables() -> set[str]:
    found = execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in found if not name.startswith("vault_tests_")}


def with_column(name: str) -> set[str]:
    """Tables, not views, that have this column."""
    found = execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = %s", name
    )
    return {table for (table,) in found} & tables()


def count(table: str) -> int:
    return int(execute(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608
