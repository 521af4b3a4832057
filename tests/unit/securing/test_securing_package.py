"""The package as a whole: its README names it all, and importing it brings no more than it says."""

import re
import subprocess
import sys

import carnet_securing
from support.shared import REPOSITORY

EXTRA = {"fetch_http", "network"}  # extra `http`
MODULES = sorted(
    path.stem
    for path in (REPOSITORY / "securing" / "src" / "carnet_securing").glob("*.py")
    if path.stem not in {"__init__", *EXTRA}
)
HEAVY = ("cryptography", "nacl", "pydantic", "httpx2", "httpcore2", "ssl", "asyncio", "socket")


def readme() -> str:
    return (REPOSITORY / "securing" / "README.md").read_text(encoding="utf-8")


def test_readme_names_every_module() -> None:
    names = set(re.findall(r"`([a-z0-9_]+)`", readme()))
    assert set(MODULES) | EXTRA <= names


def test_importing_the_modules_brings_no_cryptography_and_no_network() -> None:
    code = f"""
import importlib, sys
before = set(sys.modules)
for module in {MODULES!r}:
    importlib.import_module("carnet_securing." + module)
    for name in {HEAVY!r}:
        if name in sys.modules and name not in before:
            sys.exit(module + " brings " + name)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_package_itself_imports_none_of_its_modules() -> None:
    code = "import sys, carnet_securing; print(sum('carnet_securing.' in n for n in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "0"
    assert carnet_securing.__doc__
