"""Duplicate accounts: found in one pass over the evidence, kept in a book, reported."""
