"""What an operator got wrong."""


class Mistake(Exception):  # noqa: N818
    """A file cannot be read, or what was asked for cannot be done; the message is one sentence."""
