"""Extraction of an article's text: its container, its boundaries, and boxes within it. Pure."""
