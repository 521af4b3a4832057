"""A looked-up value with its source and its age; what a person should know about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Source(StrEnum):
    """Where a looked-up value came from."""

    SHIPPED = "shipped"
    TRUST_FILE = "trust_file"
    CREDENTIAL = "credential"
    CACHE = "cache"
    FETCHED = "fetched"
    GIVEN = "given"


class LookupAlert(StrEnum):
    """Something a person should know about a value that is used all the same.

    `same_kid_other_key`: the issuer put another key under a name it had used before.
    `older_list_offered`: an older status list came in the place of a newer one; the newer
    one is kept. `last_good_kept`: fetching failed, so this is the last good value.
    `few_in_list`: so few credentials share the list that asking for it singles one out.
    `unpublished_list`: its issuer names its lists in no one place, so the document chose the
    address that was read.
    """

    SAME_KID_OTHER_KEY = "same_kid_other_key"
    OLDER_LIST_OFFERED = "older_list_offered"
    LAST_GOOD_KEPT = "last_good_kept"
    FEW_IN_LIST = "few_in_list"
    UNPUBLISHED_LIST = "unpublished_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated(Generic[T]):
    """A value with its source and the time, in Unix seconds, at which it was current."""

    value: T
    fetched_at: int
    source: Source
    alerts: tuple[LookupAlert, ...] = ()

    def age(self, now: int) -> int:
        """Seconds since the value was current; 0 when the clock went backwards."""
        return max(0, now - self.fetched_at)
