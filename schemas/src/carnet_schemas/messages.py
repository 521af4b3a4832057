"""The base of every OpenID message: a strict, frozen model read from decoded JSON.

1. Members are read by their wire names and types; nothing is coerced.
2. Members the specifications do not define are ignored when a message is read
   (OpenID4VCI 1.0 and OpenID4VP 1.0 say so for each message) and never written.
3. Every failure is a `SchemaError` whose sentence and pointer quote no value (`faults`).

It does not read text: bytes become objects at the one parsing boundary, before this.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.faults import first_fault, refuse
from carnet_schemas.paths import JsonObject, Path, parse_path

MAX_STRING_CHARACTERS: Final = 16 * 1024
"""Longest ordinary member: tokens and URLs; proofs and credentials have their own bounds."""
MAX_URL_CHARACTERS: Final = 2048
MAX_ARRAY_ELEMENTS: Final = 512
MAX_ERROR_CODE_CHARACTERS: Final = 128
MAX_ERROR_TEXT_CHARACTERS: Final = 1024
FORMAT_SD_JWT_VC: Final = "dc+sd-jwt"
"""OpenID4VCI 1.0 appendix A.3.1 and OpenID4VP 1.0 appendix B.3.1."""
ERROR_CODE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
ERROR_TEXT: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
"""RFC 6749 section 5.2: what `error` and `error_description` are made of."""

_URL_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

T = TypeVar("T")


class Message(BaseModel):
    """One OpenID message or a part of one. Its `repr` shows no member: many carry secrets."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    def parse(cls, value: object, *, pointer: str = "") -> Self:
        """Read a decoded JSON value by its wire names.

        Args:
            value: decoded JSON, from anyone.
            pointer: where `value` stands in a larger message, for the error.

        Raises:
            SchemaError: `malformed`, or `too_large` beyond a bound.
        """
        try:
            return cls.model_validate(value, by_alias=True, by_name=False)
        except ValidationError as error:
            raise first_fault(
                error, cls, missing=SchemaErrorKind.MALFORMED, pointer=pointer
            ) from None

    def to_json(self) -> JsonObject:
        """The message with its wire names; absent members are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return iter(())

    def __str__(self) -> str:
        return repr(self)


def _array(value: object) -> object:
    return tuple(value) if type(value) is list else value


def _not_empty(value: tuple[T, ...]) -> tuple[T, ...]:
    if not value:
        raise refuse("An array must not be empty.")
    return value


def _unique(value: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(value)) != len(value):
        raise refuse("An array has an element twice.")
    return value


def _url(value: str) -> str:
    try:
        check_url_syntax(value)
    except SchemaError as error:
        raise refuse(error.message, error.kind) from None
    return value


def _issuer_identifier(value: str) -> str:
    _url(value)
    if "?" in value or "#" in value:
        raise refuse("An issuer identifier has no query and no fragment.")
    return value


def _error_code(value: str) -> str:
    if ERROR_CODE.fullmatch(value) is None:
        raise refuse("An error code is ASCII without space, quotation mark and backslash.")
    return value


def _error_text(value: str) -> str:
    if ERROR_TEXT.fullmatch(value) is None:
        raise refuse("An error text is ASCII without quotation mark and backslash.")
    return value


def _path(value: object) -> Path:
    try:
        return parse_path(list(value) if type(value) is tuple else value)
    except SchemaError as error:
        raise refuse(error.message, error.kind) from None


def check_url_syntax(value: str, *, pointer: str = "") -> None:
    """Check that `value` is an absolute http or https URL with a host and no user name.

    Whether plain http and the host itself are allowed is for the one that connects
    (securing's fetch), not for the message.

    Raises:
        SchemaError: `malformed` or `too_large`.
    """
    if len(value) > MAX_URL_CHARACTERS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "An address is longer than allowed.")
    if _URL_CHARACTERS.fullmatch(value) is None or not _names_a_host(value):
        raise SchemaError(
            SchemaErrorKind.MALFORMED, pointer, "An address is not an absolute web address."
        )


def _names_a_host(value: str) -> bool:
    if not value.startswith(("https://", "http://")):
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def one_locale_each(displays: "tuple[Any, ...] | None") -> "tuple[Any, ...] | None":
    """OpenID4VCI 1.0 section 12.2.4: one display object for each language."""
    locales = [display.locale for display in displays or ()]
    if len(set(locales)) != len(locales):
        raise refuse("A language has more than one display object.")
    return displays


Text = Annotated[str, Field(min_length=1, max_length=MAX_STRING_CHARACTERS)]
"""A non-empty string of ordinary length."""
Url = Annotated[str, AfterValidator(_url)]
IssuerIdentifier = Annotated[str, AfterValidator(_issuer_identifier)]
"""OpenID4VCI 1.0 section 12.2.1: compared as it stands, never normalised."""
ErrorCode = Annotated[str, Field(max_length=MAX_ERROR_CODE_CHARACTERS), AfterValidator(_error_code)]
ErrorText = Annotated[str, Field(max_length=MAX_ERROR_TEXT_CHARACTERS), AfterValidator(_error_text)]
"""RFC 6749 section 5.2: no accents, so no French; people read other words than these."""
ClaimPath = Annotated[tuple[str | int | None, ...], BeforeValidator(_path)]
Array = Annotated[tuple[T, ...], BeforeValidator(_array), Field(max_length=MAX_ARRAY_ELEMENTS)]
NonEmptyArray = Annotated[
    tuple[T, ...],
    BeforeValidator(_array),
    Field(max_length=MAX_ARRAY_ELEMENTS),
    AfterValidator(_not_empty),
]
UniqueArray = Annotated[
    tuple[T, ...],
    BeforeValidator(_array),
    Field(max_length=MAX_ARRAY_ELEMENTS),
    AfterValidator(_not_empty),
    AfterValidator(_unique),
]
