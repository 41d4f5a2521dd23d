"""A local content destination: receives, hashes, keeps and shows what cameras push."""
