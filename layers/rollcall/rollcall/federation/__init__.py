"""Workload identity federation: clients that sign in without a secret (RFC 7523)."""
