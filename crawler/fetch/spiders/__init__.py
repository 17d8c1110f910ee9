"""Scrapy's spiders: one class an outlet file, made by `loader`."""
