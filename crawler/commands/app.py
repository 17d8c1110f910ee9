"""A Typer whose help says what an option takes as people do, not by the types of Python."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption


class PlainCommand(TyperCommand):
    """A command with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with what they take in words."""
        return _worded(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with what they take in words."""
        return _worded(super().get_params(ctx))


class CommandApp(typer.Typer):
    """A group of commands, each with plain help."""

    def __init__(self, help: str) -> None:  # noqa: A002 - typer's word
        super().__init__(cls=PlainGroup, help=help, no_args_is_help=True, add_completion=False)

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Return a decorator that adds a command, as typer's does."""
        return super().command(name, cls=PlainCommand, **settings)


def _worded(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption):
            param.metavar = _taken(param) if param.metavar is None else param.metavar
        elif isinstance(param, TyperArgument):
            param.metavar = param.metavar or str(param.name).upper()
            param.display_type_rich = _nothing  # type: ignore[method-assign]
        param.min = param.max = None  # for the help alone: values are checked by the declaration
    return params


def _taken(option: TyperOption) -> str:
    """Return what an option takes: its choices, N for a number, its name; nothing for a switch."""
    described = option.type_descriptor
    if option.is_flag:
        return ""
    if described.is_choice:
        return "|".join(map(str, described.choices or ()))
    return "N" if described.is_ranged or described.annotation is int else str(option.name).upper()


def _nothing(ctx: Any) -> None:
    """Stand for the type of an argument."""
