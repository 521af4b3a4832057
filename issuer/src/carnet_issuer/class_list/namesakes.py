"""When two rows speak of one person: one rule, within a file and across files.

Two certificates for one person are worse than a row to look at again. So rows of the same
names are one person, unless both gave an e-mail address and the addresses differ; an address
on one side only, as after a list was completed, tells nothing. The office can say that a row
is another person; nothing else makes two of one.
"""

from carnet_issuer.class_list.people import Person, folded


class Namesakes:
    """The people met so far."""

    def __init__(self) -> None:
        self._emails: dict[str, set[str]] = {}

    def add(self, *, family_name: str, given_name: str, email: str | None) -> None:
        """Meet one."""
        met = self._emails.setdefault(_names(family_name, given_name), set())
        met.add((email or "").casefold())

    def know(self, person: Person) -> bool:
        """Whether she was met."""
        met = self._emails.get(_names(person.family_name, person.given_name))
        email = (person.email or "").casefold()
        return met is not None and (not email or "" in met or email in met)


def _names(family_name: str, given_name: str) -> str:
    return folded(f"{family_name} {given_name}")
