"""What the tests of the HTTP surface share."""

import pytest

from rollcall.runtime.services import Services
from tests.http.api import Api


@pytest.fixture
def api(services: Services) -> Api:
    """The application with a tenant acme, and a token of it."""
    return Api(services)


__all__ = ["api"]
