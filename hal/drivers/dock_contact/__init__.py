"""Drivers of the dock contact, one a module; `hal.registry` finds them by name."""
