"""What contract tests share: a library that can't be installed everywhere, stood in for."""

from tests.contract.fake_picamera2 import fake_picamera2

__all__ = ["fake_picamera2"]
