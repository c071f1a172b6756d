"""Small mistakes made on purpose in a right solution, one at a time: what the checks of its lab must notice.

Operators, comparisons, constants (axes among them), conditions, dropped statements, calls and options, swapped
arguments. Text that decides nothing is left alone: docstrings, annotations, imports and errors raised.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISON: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
AXES: Final = frozenset({"dim", "axis", "dims"})
SYMMETRIC: Final = frozenset({"transpose", "swapaxes", "swapdims", "maximum", "minimum"})  # swapping says the same
PLACES: Final = frozenset({"device"})  # a sandbox has one device, so no check can tell


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed statement, and the whole source with it. The first three name it, whatever its line number."""

    where: str
    before: str
    after: str
    source: str

    @property
    def name(self) -> tuple[str, str, str]:
        return self.where, self.before, self.after


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, the functions and classes around it, and the statement (or head of a block) that shows it."""

    node: ast.AST
    where: str
    shown: ast.AST
    axis: bool = False
    negated: bool = False


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a source, in its order; no two are the same text. Raises SyntaxError."""
    tree = ast.parse(source)
    original = ast.unparse(tree)
    found: dict[str, Mutant] = {}
    for place in _places(tree, "", tree):
        for changed in _changes(place):
            swap = _Swap(place.node, changed)
            text = ast.unparse(ast.fix_missing_locations(swap.visit_copy(tree)))
            if text != original and text not in found:
                before, after = ast.unparse(place.shown), ast.unparse(swap.visit_copy(place.shown))
                found[text] = Mutant(place.where, _line(before), _line(after), text + "\n")
    return list(found.values())


def _line(text: str) -> str:
    return " ".join(text.split())


def _places(node: ast.AST, where: str, shown: ast.AST, *, axis: bool = False) -> Iterator[_Place]:
    """Walk what decides something, top down."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert) or _is_docstring(node):
        return
    if isinstance(node, ast.stmt) and not _block(node):
        shown = node
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}".lstrip(".")
    yield _Place(node, where or "module", shown, axis)
    if _negative(node):
        return
    for field, child in _children(node):
        head = child if _block(node) and not isinstance(child, ast.stmt) else shown
        named = isinstance(node, ast.keyword) and node.arg in AXES and field == "value"
        yield from _places(child, where, head, axis=named or (axis and isinstance(node, ast.Tuple)))
        if isinstance(node, ast.If) and field == "test":
            yield _Place(child, where or "module", child, negated=True)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield field, child


def _negative(node: ast.AST) -> bool:
    """Whether a node is a number such as -1, which is changed as a whole."""
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)


def _block(node: ast.AST) -> bool:
    return isinstance(getattr(node, "body", None), list)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(place: _Place) -> Iterator[ast.AST]:
    """What to put in the place of a node."""
    if place.negated and isinstance(place.node, ast.expr):
        yield ast.UnaryOp(ast.Not(), place.node)
        return
    match place.node:
        case ast.AugAssign(target, op, value):
            yield ast.Pass()
            if type(op) in ARITHMETIC:
                yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
        case ast.Expr():
            yield ast.Pass()
        case ast.UnaryOp(ast.USub(), ast.Constant(value=int(number))):
            yield _number(1 - number if number > 1 else -2)
        case ast.Constant(value):
            yield from _constants(value, axis=place.axis)
        case ast.Call():
            yield from _calls(place.node)
        case _:
            yield from _operations(place.node)


def _operations(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.Compare(left, [compare], comparators):
            yield ast.Compare(left, [COMPARISON[type(compare)]()], comparators)
        case ast.BoolOp(junction, values):
            yield ast.BoolOp(ast.Or() if isinstance(junction, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)


def _constants(value: object, *, axis: bool) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield _number(1 - value if axis and value in (0, 1) else value + 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 2 if value else 1.0)


def _number(value: int) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _calls(call: ast.Call) -> Iterator[ast.expr]:
    """Swap the first two arguments, leave an option out, or leave out a method that takes nothing."""
    first_two = call.args[:2]
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if len(first_two) == 2 and called not in SYMMETRIC and not any(isinstance(v, ast.Starred) for v in first_two):
        yield ast.Call(call.func, [*reversed(first_two), *call.args[2:]], call.keywords)
    for left_out in (option for option in call.keywords if option.arg not in PLACES):
        yield ast.Call(call.func, call.args, [option for option in call.keywords if option is not left_out])
    if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords and not _is_super(call.func.value):
        yield call.func.value


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another, which it knows by identity."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return self.new
        rebuilt = copy.copy(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(rebuilt, field, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(rebuilt, field, self.visit(value))
        return rebuilt

    def visit_copy(self, tree: ast.AST) -> ast.AST:
        """A changed copy; the tree itself stays as it is."""
        return self.visit(tree)
