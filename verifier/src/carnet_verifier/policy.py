"""What a verifier requires beyond a sound signature: values that compose, each tested alone.

A policy raises or returns nothing; it never answers a bool. `AllOf` and `AnyOf` over
nothing are refused when they are built, since an empty "all" would allow everything; a
list of nothing accepts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from carnet_securing.credential import VerifiedCredential
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_trust.entries import TrustEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a policy may look at: one certificate whose signature and binding hold.

    Attributes:
        entry: the trust entry that vouches for the issuer, None when nobody does.
        status_age: seconds since the status list was fetched; None without a status.
    """

    credential: VerifiedCredential = field(repr=False)
    entry: TrustEntry | None
    status_age: int | None


class Policy(Protocol):
    """One requirement on one examined certificate."""

    def require(self, examined: Examined) -> None:
        """Return when it is met.

        Raises:
            PolicyUnmetError: it is not met.
            UndeterminedError: it could not be found out.
        """
        ...


class PolicyUnmetError(InvalidError):
    """The certificate is genuine; this verifier asked for something else."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorKind.POLICY_UNMET, message)


@dataclass(frozen=True, slots=True)
class NoFurtherCondition:
    """The built-in checks, and the question asked, say all that this verifier requires."""

    def require(self, examined: Examined) -> None:
        """Always met; none of the built-in checks is skipped by it."""


@dataclass(frozen=True, slots=True)
class TypeIs:
    """The certificate has one of these types, compared byte by byte."""

    vcts: tuple[str, ...]

    def __post_init__(self) -> None:
        _refuse_one_text(self.vcts)

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        if examined.credential.vct not in self.vcts:
            raise PolicyUnmetError("The certificate is of another type than asked for.")


@dataclass(frozen=True, slots=True)
class IssuerIs:
    """The certificate was signed by one of these issuers."""

    issuers: tuple[str, ...]

    def __post_init__(self) -> None:
        _refuse_one_text(self.issuers)

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        if examined.credential.issuer.issuer not in self.issuers:
            raise PolicyUnmetError("The certificate was signed by another organisation.")


@dataclass(frozen=True, slots=True)
class IssuerClassIs:
    """A trust entry vouches for the issuer, with one of these classes."""

    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        _refuse_one_text(self.classes)

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        if examined.entry is None or examined.entry.klass not in self.classes:
            raise PolicyUnmetError("The organisation is not of a kind you accept.")


@dataclass(frozen=True, slots=True)
class ClaimIs:
    """The disclosed claim at `path` equals `value`; an undisclosed one does not."""

    path: tuple[str | int, ...]
    value: Any = field(repr=False)

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        found: Any = examined.credential.claims
        for step in self.path:
            found = _below(found, step)
        if not _same(found, self.value):
            raise PolicyUnmetError("A detail differs from what you require.")


@dataclass(frozen=True, slots=True)
class StatusNotOlderThan:
    """The status was read from a list fetched at most `seconds` ago.

    A certificate that has no status does not meet it.
    """

    seconds: int

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        if examined.status_age is None or examined.status_age > self.seconds:
            raise PolicyUnmetError("The list of withdrawn certificates is older than you accept.")


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these holds.

    Raises:
        ValueError: there is none; "all of nothing" would allow everything.
    """

    policies: Sequence[Policy]

    def __post_init__(self) -> None:
        if not self.policies:
            raise ValueError("AllOf needs at least one policy.")
        object.__setattr__(self, "policies", tuple(self.policies))  # nobody empties it later

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        unknown: UndeterminedError | None = None
        for policy in self.policies:
            try:
                policy.require(examined)
            except UndeterminedError as error:
                unknown = error
        if unknown is not None:
            raise unknown


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds.

    Raises:
        ValueError: there is none.
    """

    policies: Sequence[Policy]

    def __post_init__(self) -> None:
        if not self.policies:
            raise ValueError("AnyOf needs at least one policy.")
        object.__setattr__(self, "policies", tuple(self.policies))  # nobody empties it later

    def require(self, examined: Examined) -> None:
        """See `Policy.require`."""
        unknown: UndeterminedError | None = None
        for policy in self.policies:
            try:
                policy.require(examined)
            except UndeterminedError as error:
                unknown = error
            except InvalidError:
                continue
            else:
                return
        raise unknown or PolicyUnmetError("None of the accepted alternatives is met.")


def _refuse_one_text(accepted: object) -> None:
    """One text in the place of a list would be searched for parts of it."""
    if isinstance(accepted, str):
        raise TypeError("a tuple of texts is expected, not one text")


def _below(value: Any, step: str | int) -> Any:
    match value:
        case dict() if type(step) is str and step in value:
            return value[step]
        case list() if type(step) is int and 0 <= step < len(value):
            return value[step]
        case _:
            raise PolicyUnmetError("A detail you require was not shown.")


def _same(found: Any, wanted: Any) -> bool:
    """Whether two JSON values are the same, types included: 1, 1.0 and True all differ."""
    if type(found) is not type(wanted):
        return False
    if type(found) is dict:
        return found.keys() == wanted.keys() and all(
            _same(value, wanted[name]) for name, value in found.items()
        )
    if type(found) is list:
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return bool(found == wanted)
