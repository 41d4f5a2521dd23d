"""Content destinations for tests: one inside the test's process, one as a process of its own."""
