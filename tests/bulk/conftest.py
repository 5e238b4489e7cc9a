"""A directory in memory for bulk requests; after each test all that it stores has to agree."""

from tests.directory.conftest import clients, directory, services, table

__all__ = ["clients", "directory", "services", "table"]
