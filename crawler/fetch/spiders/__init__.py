"""The spiders: `loader` makes one class for each outlet file."""
