"""Drivers of the haptic, one a module; `hal.registry` finds them by name."""
