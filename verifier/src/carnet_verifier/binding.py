"""What a verifier expects of the holder: four closed cases, one of which must be chosen.

Whether key binding is required is never read off the input (RFC 9901 section 9.5).
"""

from dataclasses import dataclass, field

from carnet_securing.credential import AuthenticCredential
from carnet_securing.errors import ErrorKind, InvalidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The holder answered this verifier's own question.

    Attributes:
        audience: the full client identifier, prefix included (OpenID4VP section 5.9).
        nonce: the one of the request, spent by the caller.
    """

    audience: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedUnbound:
    """This verifier's own question, which asked for no holder binding.

    A wallet may bind its answer all the same; a binding that is there has to hold.
    """

    audience: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The holder shows a code nobody asked for (DESIGN section 4, "This person, now").

    Attributes:
        max_age: oldest code accepted, in seconds.
        code: the six digits this verifier's own page shows; None accepts a recording, and
            the report then says so.
    """

    max_age: int
    code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerCopy:
    """A file or a printed copy: it proves the document, not the person who holds it.

    A key binding in it was made for somebody else's question, and is refused: RFC 9901
    section 4 has a verifier that expects no binding check that there is none.
    """


Binding = Asked | AskedUnbound | Shown | BearerCopy


def require_binding(authentic: AuthenticCredential) -> None:
    """Say that the holder did not answer, before asking whose key that would have been.

    Raises:
        InvalidError: `kb_missing`.
    """
    if authentic.sd_jwt.key_binding is None:
        raise InvalidError(ErrorKind.KB_MISSING, "The document is not bound to its holder.")


def require_no_binding(authentic: AuthenticCredential) -> None:
    """RFC 9901 section 4: who expects no binding checks that there is none.

    Raises:
        InvalidError: `kb_unexpected`.
    """
    if authentic.sd_jwt.key_binding is not None:
        raise InvalidError(ErrorKind.KB_UNEXPECTED, "The document answers somebody's question.")
