"""The Lambda function behind /Groups."""

from rollcall.runtime import handler as handler_of

handler = handler_of("groups")
