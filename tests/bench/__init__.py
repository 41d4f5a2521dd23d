"""Measurements, each an area run by `scripts/bench AREA`; not part of the tests."""
