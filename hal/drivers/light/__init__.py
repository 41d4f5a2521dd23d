"""Drivers of the light, one a module; `hal.registry` finds them by name."""
