"""Tests: `unit` mirrors the modules, `contract` runs over every driver of an interface,
`system` drives real processes; `bench` and `soak` are run by the scripts of that name."""
