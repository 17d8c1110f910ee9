"""What stands around an article's text: title, times, authors, section, tags. Pure."""
