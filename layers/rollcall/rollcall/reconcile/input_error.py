"""What an operator got wrong."""

from rollcall.operator_error import OperatorError


class InputError(OperatorError):
    """A file cannot be read, or what was asked for cannot be done; the message is one sentence."""
