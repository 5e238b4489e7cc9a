"""Tenants and the tokens that open them."""
