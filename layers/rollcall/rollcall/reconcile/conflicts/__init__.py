"""The conflict check: an identity provider's export against all accounts."""
