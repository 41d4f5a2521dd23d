"""What the device does when: states, controls, indications. No I/O and no threads."""
