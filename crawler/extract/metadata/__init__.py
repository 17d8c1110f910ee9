"""Extraction of the fields outside the text: title, times, authors, section, tags. Pure."""
