"""Wiring: the environment read once into settings, clients made once, the rooms put together."""
