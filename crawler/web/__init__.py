"""The reader: pages of the archive, for people. Read-only, without JavaScript.

create_app(reader) → a Starlette app; `tinquan serve` runs it (docs/reader.md)

app.py        which function answers which address
routes/       one module a noun: what a page says
page.py       a request on its way: language, links, templates
asked.py      what stands in an address, checked
security.py   headers on every answer
words.py      Vietnamese, English
messages.py   alarms and notes in Vietnamese, by their codes                    pure
fault_page.py the page that says why there is none, with its form
chart.py, shapes.py   numbers and outlines → what an SVG holds                  pure
"""
