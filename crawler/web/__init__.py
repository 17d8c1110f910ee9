"""The reader: pages of the archive, for people. Read-only, without JavaScript.

create_app(reader) → a Starlette app; `tinquan serve` runs it (docs/reader.md)

server.py     worker processes, from their start to their stop
app.py        routes: which function answers which path
routes/       the handlers, one module per noun
page.py       one request: language, links, templates
asked.py      parsing and validation of paths and query strings
security.py   headers on every response, allowed hosts and methods
words.py      Vietnamese and English texts, numbers and dates
messages.py   alarms and notes in Vietnamese, by their codes                    pure
fault_page.py error pages, with the form that was filled in
chart.py, shapes.py   counts and outlines → coordinates for an SVG              pure
"""
