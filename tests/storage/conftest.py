"""What the tests of the storage share."""

from tests.storage.memory import clients, services

__all__ = ["clients", "services"]
