"""Protection against CSV injection. Pure."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones too


def harmless(text: str) -> str:
    """Return `text`, with a "'" in front if a spreadsheet would evaluate it as a formula.

    https://owasp.org/www-community/attacks/CSV_Injection: a title that begins with "=" would be
    evaluated when an editor opens the file. JSON has the exact text.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
