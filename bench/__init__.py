"""Measurements: ratios in one run, on an emulator of their own; nothing here is a test."""
