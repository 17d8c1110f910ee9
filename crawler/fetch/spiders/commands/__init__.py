"""Overrides of Scrapy's own commands."""
