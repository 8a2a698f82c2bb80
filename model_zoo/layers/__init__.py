"""Layers that two or more families share: `position` (embeddings), `encoder` (self-attention)."""
