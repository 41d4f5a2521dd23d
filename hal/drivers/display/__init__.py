"""Drivers of the display, one a module; `hal.registry` finds them by name."""
