"""The hardware abstraction layer: one small Protocol per part of the hardware, and its drivers.

`hal.interfaces` says what a part is; `hal.drivers` holds the real and the mock ones;
`hal.registry` finds a driver by its name in the configuration. Nothing here imports the
rest of the project.
"""
