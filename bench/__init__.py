"""Measurements as ratios within one run, on an emulator of their own; they are not tests."""
