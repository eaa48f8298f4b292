"""`manage.py dbshell`, under the same role as the connections of the process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import client


class DatabaseClient(client.DatabaseClient):
    """Django's, which forgets the start-up options: psql receives them in PGOPTIONS."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Arguments and environment of psql."""
        args, env = super().settings_to_cmd_args_env(settings_dict, parameters)
        if options := settings_dict.get("OPTIONS", {}).get("options"):
            env = {**(env or {}), "PGOPTIONS": options}
        return args, env
