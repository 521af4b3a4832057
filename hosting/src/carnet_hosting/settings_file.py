"""The settings of a service: one private JSON file, written at `init`, checked whenever read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from carnet_hosting.errors import HostingError
from carnet_securing import strict_json
from carnet_securing.durable_file import read_private_file, write_private_file
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.strict_json import JsonObject

_MAX_BYTES: Final = 64 * 1024
_Settings = TypeVar("_Settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """Where one kind of service has its settings, and what is said when they will not do.

    Attributes:
        name: of the file in the service's folder.
        role: as in "There is no issuer in this folder", and in the file's `format`.
        version: of the file, a whole number.
        when_absent: what to do in a folder without it.
        when_damaged: what to do when it cannot be read.
    """

    name: str
    role: str
    version: int
    when_absent: str
    when_damaged: str

    def write(self, directory: Path, members: Mapping[str, Any]) -> None:
        """Write the file, for the owner alone; raises as `durable_file.write_private_file`."""
        shape = {"format": self._format, "version": self.version, **members}
        write_private_file(directory / self.name, strict_json.dumps_bytes(shape))

    def read(self, directory: Path, parse: Callable[[JsonObject], _Settings]) -> _Settings:
        """Read the file, and its members by `parse`.

        Args:
            parse: turns the members into settings; that they are damaged it may say by
                KeyError, TypeError, ValueError or InvalidError.

        Raises:
            HostingError: `not_found`, `unsupported_version`, or `vault_corrupt` for what is
                damaged.
            CarnetError: as `durable_file.read_private_file`.
        """
        try:
            data = read_private_file(directory / self.name, max_bytes=_MAX_BYTES)
        except InvalidError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            raise HostingError(
                ErrorKind.NOT_FOUND,
                f"There is no {self.role} in this folder.",
                hint=self.when_absent,
            ) from None
        try:
            return parse(self._members(data))
        except (InvalidError, KeyError, TypeError, ValueError):
            raise HostingError(
                ErrorKind.VAULT_CORRUPT,
                f"The {self.role}'s settings are damaged.",
                hint=self.when_damaged,
            ) from None

    @property
    def _format(self) -> str:
        return f"carnet-{self.role}"

    def _members(self, data: bytes) -> JsonObject:
        members = strict_json.loads_object(data, max_bytes=_MAX_BYTES)
        if members.pop("format", None) != self._format:
            raise ValueError
        version = members.pop("version", None)
        if type(version) is not int or version != self.version:
            raise HostingError(
                ErrorKind.UNSUPPORTED_VERSION,
                "Another version of Carnet made this folder.",
                hint="Use that version, or update Carnet.",
            )
        return members
