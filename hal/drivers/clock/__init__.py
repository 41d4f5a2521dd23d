"""Drivers of the clock, one a module; `hal.registry` finds them by name."""
