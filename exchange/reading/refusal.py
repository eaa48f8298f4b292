"""The refusal of a whole file, before the file's name is put in front of it."""


class Refused(Exception):
    """A file cannot be accepted; the French text completes « Le fichier « … » »."""
