"""Where the published vectors and data lie, and the plain reason when they are absent."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_root() -> Path | None:
    """The folder of published vectors and data: CARNET_SHARED, else `shared` beside the project."""
    named = os.environ.get("CARNET_SHARED")
    root = Path(named) if named else REPOSITORY.parent / "shared"
    return root if (root / "vectors").is_dir() else None


def _folder(kind: str, name: str) -> Path:
    root = shared_root()
    if root is not None and (root / kind / name).is_dir():
        return root / kind / name
    reason = f"the published {kind}/{name} are not here; set CARNET_SHARED to their folder"
    if os.environ.get("CARNET_REQUIRE_VECTORS") == "1":
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


def vectors(name: str) -> Path:
    """The folder `vectors/<name>`; skips the test (or module) with a reason where it is absent."""
    return _folder("vectors", name)


def data(name: str) -> Path:
    """The folder `data/<name>`; skips the test (or module) with a reason where it is absent."""
    return _folder("data", name)
