"""Roots of Debian for ARM, run by an emulator on this machine: what a Raspberry Pi would install and say."""
