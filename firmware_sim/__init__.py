"""The firmware simulator. Planned: simulated board, faults, scenarios, virtual time, fleet."""
