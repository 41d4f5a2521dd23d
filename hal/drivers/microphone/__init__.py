"""Drivers of the microphone, one a module; `hal.registry` finds them by name."""
