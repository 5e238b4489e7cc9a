"""The Lambda function behind the links to reports."""

from rollcall.runtime import pages_handler

handler = pages_handler("reports")
