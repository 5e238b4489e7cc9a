"""The local server and the emulator that it runs on."""
