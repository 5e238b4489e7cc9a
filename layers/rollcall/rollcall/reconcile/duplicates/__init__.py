"""Duplicate accounts: detected in one pass over the evidence, stored as cases, reported."""
