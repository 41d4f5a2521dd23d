"""Drivers of the battery, one a module; `hal.registry` finds them by name."""
