"""The `bwv` command. One module a sub-command; each prints for people or, with --json, for
machines."""
