"""Construction of the gazetteer from official unit lists and resolutions. Pure."""
