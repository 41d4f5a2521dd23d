"""Drivers of the button, one a module; `hal.registry` finds them by name."""
