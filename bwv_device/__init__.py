"""The device agent: firmware, media, evidence, dock client and the `bwv` command."""
