"""Families of a single outlet, which has a CMS of its own."""
