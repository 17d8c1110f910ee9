"""Making the gazetteer from official lists and resolutions. Pure."""
