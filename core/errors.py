"""Refusals that a person reads. Their text is French and goes to the page as it is."""


class Stopped(Exception):
    """The work cannot go on: `str()` is a French sentence, for people, that names no value."""


class OperationRefused(Exception):
    """An act cannot be done: the message says why, and what to do next, in one or two plain sentences."""

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.args)


class NotAllowed(OperationRefused):
    """The person's role or grants do not allow the act."""
