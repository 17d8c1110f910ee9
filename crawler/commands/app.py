"""A Typer whose help says what an option takes as people do, not by the types of Python."""

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
        """Return a decorator that adds a command, as typer's does; see `spread`."""
        add = super().command(name, cls=PlainCommand, **settings)

        def adding(function: Callable[..., Any]) -> Callable[..., Any]:
            add(spread(function))
            return function

        return adding


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command as typer takes it: a dataclass among its parameters becomes its fields.

    So options that many commands have stand in one class of `crawler.commands.options`.
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
    def called(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return function(**given)

    named = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in parameters]
    called.__signature__ = Signature(named)  # type: ignore[attr-defined] # typer reads it
    called.__annotations__ = {each.name: each.annotation for each in named}
    return called


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
