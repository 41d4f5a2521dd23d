"""Drivers of the sounder, one a module; `hal.registry` finds them by name."""
