"""Names of environment variables; apart, for the help of commands says them and reads nothing."""

CONFIG_VARIABLE = "TINQUAN_CONFIG"
ARCHIVE_VARIABLE = "TINQUAN_ARCHIVE"
"""By it a crawl's process learns its archive: everybody may read a command's words, with the
password in them, but only the same user its environment."""
