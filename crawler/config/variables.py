"""Names of environment variables, in a module that the commands' help can import cheaply."""

CONFIG_VARIABLE = "TINQUAN_CONFIG"
ARCHIVE_VARIABLE = "TINQUAN_ARCHIVE"
"""The archive's URL, for a crawl's process: it may hold a password, and any user can read a
process's arguments, but only the same user its environment."""
