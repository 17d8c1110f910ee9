"""An article's text: where on the page it stands, where it ends, and what in it is none. Pure."""
