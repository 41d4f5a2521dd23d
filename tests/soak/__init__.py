"""Long tests, each an area run by `scripts/soak AREA`; not part of the tests."""
