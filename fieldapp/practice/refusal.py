"""What a definition file is refused with."""

from fieldapp.errors import FieldappError


class DefinitionError(FieldappError):
    """Says which file is wrong, at which place in it and why, so that whoever wrote the file can mend it.

    `place` is a path such as `$.sections[0].fields[2].type`, or `$` for the file as a whole.
    """

    def __init__(self, file: str, place: str, reason: str) -> None:
        super().__init__(f"{file}: at {place}: {reason}")
        self.file = file
        self.place = place
        self.reason = reason
