"""Drivers of the locator, one a module; `hal.registry` finds them by name."""
