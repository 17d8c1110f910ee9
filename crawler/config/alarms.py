"""The table [alarms] of the configuration: whom to tell. Pure."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Email(_Strict):
    """A mail server and who is told.

    starttls: encrypt after connecting; tls: from the first byte (port 465). password_variable:
    name of the environment variable with the password: no password stands in a file.
    """

    host: str
    port: int = Field(587, ge=1, le=65535)
    sender: str
    to: tuple[str, ...] = Field(min_length=1)
    starttls: bool = True
    tls: bool = False
    user: str | None = None
    password_variable: str = "TINQUAN_EMAIL_PASSWORD"  # noqa: S105 - a variable's name

    @field_validator("sender")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if "@" not in value or any(char.isspace() for char in value):
            raise ValueError("expected an address such as tinquan@example.org")
        return value

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            cls._is_address(address)
        return value


class Alarming(_Strict):
    """Whom to tell of alarms, besides the log. webhook: an address that takes JSON by POST."""

    webhook: str | None = None
    email: Email | None = None

    @field_validator("webhook")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://a.vn")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("expected an address such as https://example.org/hook")
        return value
