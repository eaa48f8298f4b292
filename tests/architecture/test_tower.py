"""The tower: imports go downward only, and the contracts that say so really bite."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TOWER = [  # from the top down; siblings never import each other
    {"config"},
    {"desk"},
    {"exchange"},
    {"reporting"},
    {"commission", "cases.housing", "cases.support"},
    {"cases.dossiers"},
    {"accounts"},
    {"audit"},
    {"vault"},
    {"core"},
]
FLOOR = {app: len(TOWER) - height for height, apps in enumerate(TOWER) for app in sorted(apps)}
FOUR_KINDS = {"models", "operations", "views", "tasks"}
OTHERS = {"apps", "urls", "forms", "migrations", "management", "templates", "templatetags", "__init__"}
PARTS = {"cases.dossiers": {"texts", "urls_household"}}  # texts that come with the product; addresses of the household


def app_of(module: str) -> str | None:
    """`cases.dossiers.models` → `cases.dossiers`; None outside the tower."""
    return next((app for app in FLOOR if module == app or module.startswith(f"{app}.")), None)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def sources(app: str) -> list[Path]:
    return sorted((ROOT / app.replace(".", "/")).rglob("*.py"))


@pytest.mark.parametrize("app", FLOOR)
def test_imports_go_downward_only(app: str) -> None:
    """Read from the files themselves: import-linter must not be alone to know the tower."""
    wrong = []
    for path in sources(app):
        for module in imports(path):
            other = app_of(module)
            if other and other != app and FLOOR[other] >= FLOOR[app]:
                wrong.append(f"{path.relative_to(ROOT)}: {module}")
    assert wrong == []


def test_import_linter_knows_the_same_tower() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract for contract in declared["contracts"] if contract["type"] == "layers")["layers"]
    built = [{name for name in re.split(r"[ |]+", layer) if name in FLOOR} for layer in layers]
    assert [floor for floor in built if floor] == TOWER
    assert {app.split(".")[0] for app in FLOOR} == set(declared["root_packages"])


def test_every_application_is_in_the_tower() -> None:
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).is_relative_to(ROOT / "")}
    ours = {name for name in ours if ".venv" not in str(apps.get_app_config(name.split(".")[-1]).path)}
    assert ours - {"tests.vault"} == set(FLOOR) - {"config"}


@pytest.mark.parametrize("app", sorted(set(FLOOR) - {"config", "core", "vault"}))
def test_foreign_keys_go_downward_too(app: str) -> None:
    for model in apps.get_app_config(app.split(".")[-1]).get_models():
        for field in model._meta.get_fields():
            if field.concrete and field.related_model and not isinstance(field.related_model, str):
                other = app_of(field.related_model.__module__)
                assert other is None or FLOOR[other] <= FLOOR[app], f"{model._meta.label}.{field.name}"


@pytest.mark.parametrize("app", ["commission", "cases.housing", "cases.support", "cases.dossiers", "reporting"])
def test_four_kinds_of_code(app: str) -> None:
    """No services, selectors, signals or utils: what is true, what people do, how it is shown, what runs alone."""
    folder = ROOT / app.replace(".", "/")
    found = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path.is_dir() and path.name[0] != "_")}
    assert found <= FOUR_KINDS | OTHERS | PARTS.get(app, set())


def test_no_signal_anywhere() -> None:
    for app in FLOOR:
        for path in sources(app):
            assert not {name for name in imports(path) if "signals" in name or name.endswith(".receiver")}, path


@pytest.mark.parametrize(
    ("library", "where"),
    [("guardian", {"accounts/grants.py", "cases/dossiers/models/grants.py"}), ("cryptography", {"vault"})],
)
def test_who_may_touch_what(library: str, where: set[str]) -> None:
    touching = {
        str(path.relative_to(ROOT))
        for app in FLOOR
        for path in sources(app)
        if "migrations" not in path.parts and any(name.split(".")[0] == library for name in imports(path))
    }
    assert {path for path in touching if not any(path.startswith(allowed) for allowed in where)} == set()


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for app in FLOOR
        for path in sources(app)
        if "migrations" not in path.parts and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
