"""Accounts and people: conflicts before the first cycle, duplicates after, and what mends them."""
