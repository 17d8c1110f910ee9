"""A Typer whose help shows plain metavars (N, FILE, choices) instead of Python's type names."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption


class PlainCommand(TyperCommand):
    """A command with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain metavars."""
        return _with_metavars(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain metavars."""
        return _with_metavars(super().get_params(ctx))


class CommandApp(typer.Typer):
    """A group of commands, each with plain help."""

    def __init__(self, help: str) -> None:  # noqa: A002 - typer's name
        super().__init__(cls=PlainGroup, help=help, no_args_is_help=True, add_completion=False)

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Return a decorator that adds a command, as typer's does, after `spread`."""
        add = super().command(name, cls=PlainCommand, **settings)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            add(spread(function))
            return function

        return decorate


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with each dataclass parameter replaced by the dataclass's fields.

    This lets commands share options as the dataclasses of `crawler.commands.options`. Its
    docstring, which is the help, has one line per paragraph.
    """
    groups: dict[str, Any] = {}
    parameters: list[Parameter] = []
    for name, parameter in signature(function).parameters.items():
        group = parameter.annotation
        if isinstance(group, type) and is_dataclass(group):
            groups[name] = group
            parameters += signature(group).parameters.values()
        else:
            parameters.append(parameter)

    @wraps(function)
    def wrapper(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return function(**given)

    keyword_only = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters]
    wrapper.__signature__ = Signature(keyword_only)  # type: ignore[attr-defined] # typer reads it
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in keyword_only}
    # Typer breaks the lines of all paragraphs but the first where the docstring does.
    paragraphs = (function.__doc__ or "").split("\n\n")
    wrapper.__doc__ = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return wrapper


def _with_metavars(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption):
            param.metavar = _metavar(param) if param.metavar is None else param.metavar
        elif isinstance(param, TyperArgument):
            param.metavar = param.metavar or str(param.name).upper()
            param.display_type_rich = _no_type  # type: ignore[method-assign]
        param.min = param.max = None  # only the help reads them: the type checks the values
    return params


def _metavar(option: TyperOption) -> str:
    """Return an option's metavar: nothing for a flag, its choices, N for a number, or its name."""
    described = option.type_descriptor
    if option.is_flag:
        return ""
    if described.is_choice:
        return "|".join(map(str, described.choices or ()))
    return "N" if described.is_ranged or described.annotation is int else str(option.name).upper()


def _no_type(ctx: Any) -> None:
    """Show no type for an argument."""
