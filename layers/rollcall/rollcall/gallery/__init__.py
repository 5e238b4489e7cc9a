"""The tests of Microsoft's gallery validator, played against any SCIM server."""
