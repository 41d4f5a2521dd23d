"""The firmware simulator: a camera that lives in virtual time. Begun: docs/design/simulator.md says
what is done and what is not."""
