"""Texts for spreadsheets, which take some of them for formulas. Pure."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones run too


def harmless(text: str) -> str:
    """Return `text` with a "'" in front where a spreadsheet would run it.

    https://owasp.org/www-community/attacks/CSV_Injection: an article whose title begins with "="
    would be run when an editor opens the file. Whoever needs the exact text takes JSON.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
