"""What the tests of the RFC's sentences share."""

from tests.http.conftest import api, clients, services

__all__ = ["api", "clients", "services"]
