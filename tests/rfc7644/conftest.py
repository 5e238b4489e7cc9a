"""What the tests of the RFC's sentences share."""

from tests.http.conftest import api

__all__ = ["api"]
