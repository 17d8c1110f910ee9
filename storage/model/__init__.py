"""The data model: frozen dataclasses that the packages pass to one another.

Pure, standard library only. All times are aware datetimes in UTC.
"""
