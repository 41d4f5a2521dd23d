"""What several rooms' tests share: real clips, made on the spot."""
