"""A directory in memory for bulk requests; after each test all that it stores has to agree."""

from tests.directory.conftest import directory, table

__all__ = ["directory", "table"]
