"""The nouns: frozen values that every package passes to the next.

Pure, standard library only. All times are aware datetimes in UTC.
"""
