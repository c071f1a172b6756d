"""Arithmetic that people type as an answer: parsed into a small tree and computed, never run as Python.

Allowed: numbers, named variables, + - * / ** ^, brackets, pi, e, and the functions below. Everything is a float, so
nothing a learner writes can grow without bound.
"""

from __future__ import annotations

import ast
import math
import operator
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

MAX_LENGTH: Final = 200
_POINTS: Final = 16
_RTOL: Final = 1e-6

_BINARY: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[float], float]]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "tanh": math.tanh,
    "abs": abs,
    "min": min,
    "max": max,
}
_CONSTANTS: Final = {"pi": math.pi, "e": math.e}
_SPELLINGS: Final = str.maketrans({"×": "*", "·": "*", "−": "-", "–": "-", "÷": "/"})


class ExpressionError(ValueError):
    """The text is no expression we can compute. The message is written for the learner."""


class _NoValueError(ArithmeticError):
    """The expression is well formed but has no value at this point: a division by zero, the root of a negative."""


def evaluate(text: str, values: Mapping[str, float]) -> float:
    """The value of `text` where its variables have these values. Raises ExpressionError."""
    try:
        return _value(_parse(text), values)
    except _NoValueError as error:
        raise ExpressionError(_("This can't be computed: %(reason)s.") % {"reason": error}) from None


def equivalent(given: str, answer: str, variables: Mapping[str, Sequence[float]]) -> bool:
    """Whether two expressions agree at fixed random points of the box `variables` ({name: (low, high)}), to 1e-6.

    Raises ExpressionError where `given` can't be read or names a variable that is not in the box.
    """
    ours, theirs = _parse(answer), _parse(given)
    draw = random.Random(0)  # noqa: S311 - sample points, not secrets
    for _point in range(_POINTS):
        point = {name: draw.uniform(low, high) for name, (low, high) in variables.items()}
        try:
            value = _value(theirs, point)
        except _NoValueError:
            return False
        if not math.isclose(value, _value(ours, point), rel_tol=_RTOL, abs_tol=1e-12):
            return False
    return True


def _parse(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(_("This is longer than %(limit)d characters.") % {"limit": MAX_LENGTH})
    source = text.translate(_SPELLINGS).replace("^", "**").strip()
    try:
        return ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError):
        raise ExpressionError(
            _("This is not an expression. Write it like 2*d_k + sqrt(n), with * for times.")
        ) from None


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    try:
        result = _apply(node, values)
    except (ExpressionError, _NoValueError):
        raise
    except TypeError:
        raise ExpressionError(_("A function has too many or too few arguments.")) from None
    except (ArithmeticError, ValueError) as error:
        raise _NoValueError(str(error)) from None
    if not math.isfinite(result):
        raise _NoValueError(_("the result is not finite"))
    return result


def _apply(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            return _named(name, values)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(operand, values))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _BINARY[type(sign)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(argument, values) for argument in arguments))
    raise ExpressionError(
        _(
            "Only numbers, the named variables, + - * / ^, brackets and functions such as sqrt can be used; "
            "decimals take a point."
        )
    )


def _named(name: str, values: Mapping[str, float]) -> float:
    if name in values:
        return values[name]
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if not values:
        raise ExpressionError(_("There are no variables here: write numbers instead of %(name)s.") % {"name": name})
    known = {"name": name, "known": ", ".join(sorted(values))}
    raise ExpressionError(_("There is no variable %(name)s here. The variables are: %(known)s.") % known)
