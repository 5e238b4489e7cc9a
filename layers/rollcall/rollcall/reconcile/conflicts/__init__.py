"""The conflict check: the export of an identity provider against all accounts."""
