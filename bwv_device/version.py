"""The version of the device's software, as it stands in every clip's metadata."""

VERSION = "0.1.0"
