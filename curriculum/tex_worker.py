"""The child process of curriculum.tex: TeX in, MathML out. Run by path with `python -I`; imports nothing of ours.

stdin: {"engine": path, "formulas": [[tex, display], …]}; stdout: [[mathml or null, error or null], …] in that order.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import quickjs

_MEMORY_BYTES = 256 * 1024 * 1024
_SECONDS = 20

# trust: false refuses \href, \includegraphics and \class; maxExpand stops macros that expand for ever.
_RENDER = """(tex, display) => temml.renderToString(tex, {
    displayMode: display, throwOnError: true, trust: false, maxExpand: 500, maxSize: [20, 20],
})"""


def main() -> None:
    request = json.load(sys.stdin)
    context = quickjs.Context()
    context.set_memory_limit(_MEMORY_BYTES)
    context.set_time_limit(_SECONDS)
    context.eval(Path(request["engine"]).read_text(encoding="utf-8"))
    render = context.eval(_RENDER)
    answers: list[tuple[str | None, str | None]] = []
    for tex, display in request["formulas"]:
        try:
            answers.append((render(tex, display), None))
        except quickjs.JSException as error:
            answers.append((None, _readable(str(error))))
    json.dump(answers, sys.stdout)


def _readable(message: str) -> str:
    """The parser's sentence without the engine's stack and without the combining underline it marks the place with."""
    sentence = message.split("\n    at ", maxsplit=1)[0].removeprefix("ParseError:")
    return " ".join(sentence.replace("\u0332", "").split())


if __name__ == "__main__":
    main()
