"""Write a page fixture with what the code extracts now, for a person to confirm:

python -m tests.support.add_page FILE --url URL [--outlet SLUG] [--fetched-at TIME] [--name NAME]
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from crawler.commands.common import load_settings, outlets_of
from crawler.commands.outlets.extract import page_at, publisher_of
from crawler.extract import extract
from crawler.onboarding.fixture import WARNING, proposed_fixture, proposed_name, write_fixture
from storage.errors import UsageError
from tests.support.pages_fixture import FOLDER


def add_page(words: Sequence[str]) -> Path:
    """Write the page and its fixture; return the fixture's path. Raises UsageError."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--url", required=True)
    for option in ("--outlet", "--fetched-at", "--name"):
        parser.add_argument(option)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args(words)
    page = page_at(given.file, given.url, given.fetched_at)
    publisher = publisher_of(given.url, given.outlet, outlets_of(load_settings(None, None)))
    result = extract(page, publisher)
    name = given.name or proposed_name(result)
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise UsageError(f"--name {name!r}: expected letters, digits, - and _ only")
    fixture = proposed_fixture(page, publisher.slug if publisher else None, result)
    return write_fixture(given.folder, name, page.body, fixture)


if __name__ == "__main__":
    try:
        written = add_page(sys.argv[1:])
    except UsageError as error:
        sys.exit(f"add_page: {error}")
    sys.stdout.write(
        f"wrote {written}: its test fails until you have read the page, corrected"
        f' "expect", and deleted the line "confirmed": false\n{WARNING}\n'
    )
