"""What the schemas answer to claims that are not as they must be."""

from typing import Any

import pytest

from carnet_schemas.catalog import validate_claims
from carnet_schemas.errors import SchemaError
from carnet_schemas.paths import ConcretePath, is_prefix
from support.credential_samples import changed

_FAULTS_OF_FORM = {"malformed", "claim_missing", "too_large"}


def refused(vct: str, claims: Any, *, complete: bool = True) -> SchemaError:
    """The refusal of claims that must not be read."""
    with pytest.raises(SchemaError) as caught:
        validate_claims(vct, claims, complete=complete)
    return caught.value


def assert_form_refused(
    vct: str, claims: dict[str, Any], path: ConcretePath, value: object
) -> SchemaError:
    """A value out of its form is refused for its form, at its own place, and is not quoted."""
    error = refused(vct, changed(claims, *path, to=value))
    assert error.kind in _FAULTS_OF_FORM
    steps = tuple(int(step) if step.isdigit() else step for step in error.pointer.split("/")[1:])
    assert steps, "the refusal says where"
    assert is_prefix(path, steps) or is_prefix(steps, path), error.pointer
    assert not (isinstance(value, str) and len(value) > 3 and value in str(error))
    return error
