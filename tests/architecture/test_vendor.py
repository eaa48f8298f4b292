"""What we serve and did not write is what its authors published: same sums, nothing more, licences beside it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
VENDOR = STATIC / "vendor"
PACKAGES: list[dict[str, Any]] = tomllib.loads((VENDOR / "VENDOR.toml").read_text(encoding="utf-8"))["package"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package["name"]))
def test_files_are_those_of_the_package(package: dict[str, Any]) -> None:
    folder = VENDOR / package["folder"]
    assert {path.name for path in folder.iterdir()} == set(package["files"])
    assert "LICENSE.txt" in package["files"]
    for name, expected in package["files"].items():
        content = (folder / name).read_bytes()
        if name.endswith(".min.css"):
            content += package.get("removed_tail", "").encode()
        assert hashlib.sha256(content).hexdigest() == expected, name


def test_every_file_is_listed() -> None:
    listed = {f"{package['folder']}/{name}" for package in PACKAGES for name in package["files"]}
    assert {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()} == {"VENDOR.toml", *listed}


def test_the_style_sheet_points_to_our_own_files_only() -> None:
    css = (STATIC / "seuil.css").read_text(encoding="utf-8")
    addresses = [address for address in re.findall(r"url\(\"?([^\")]+)\"?\)", css) if not address.startswith("#")]
    assert addresses
    for address in addresses:
        assert (STATIC / address).is_file(), address
    assert "@import" not in css
