"""Who is acting travels with the transaction. This package is also the database backend (`ENGINE = "core.db"`)."""

from core.db.acting import acting_as, current_actor

__all__ = ["acting_as", "current_actor"]
