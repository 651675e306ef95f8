"""Put a mutant's code into a function that lives: whoever has imported it already runs the mutant."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any


def swap(module: ModuleType, place: str, source: str) -> None:
    """Give the function at `place` its code in `source`. Raises ValueError where that does not fit."""
    compiled = compile(source, str(module.__file__), "exec", dont_inherit=True)
    (code,) = [code for code in _codes(compiled) if code.co_qualname == place]
    function = _function(module, place)
    if code.co_freevars != function.__code__.co_freevars:
        raise ValueError
    function.__code__ = code


def swap_all(module: ModuleType, source: str) -> None:
    """Give each function that can be swapped its code in `source`."""
    for code in _codes(compile(source, str(module.__file__), "exec", dont_inherit=True)):
        if "<" not in code.co_qualname:
            with suppress(ValueError, AttributeError, TypeError):
                swap(module, code.co_qualname, source)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _function(module: ModuleType, place: str) -> FunctionType:
    found: Any = module
    for name in place.split("."):
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    if hasattr(found, "cache_clear"):
        found.cache_clear()
    function = inspect.unwrap(found)  # of a context manager
    if not isinstance(function, FunctionType):
        raise TypeError(place)
    return function
