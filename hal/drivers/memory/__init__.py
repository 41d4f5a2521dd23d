"""Drivers of the gauge of memory, one a module; `hal.registry` finds them by name."""
