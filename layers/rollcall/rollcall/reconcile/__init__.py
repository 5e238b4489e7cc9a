"""Conflicts between people and accounts before the first cycle, duplicate accounts after it."""
