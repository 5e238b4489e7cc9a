"""The error for input that an operator has to correct."""

from rollcall.operator_error import OperatorError


class InputError(OperatorError):
    """A file or a value cannot be used; the message is one sentence for the operator."""
