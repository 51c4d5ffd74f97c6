"""The verbs of ./dev. Every file with verbs lists them in `VERBS`; main.py joins the lists."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.dev.terminal import Parser, bold, say


def _no_arguments(_: argparse.ArgumentParser) -> None:
    pass


@dataclass(frozen=True)
class Verb:
    """`./dev NAME`: a one-line summary, examples, its arguments, and `do`, which returns the exit code."""

    name: str
    summary: str
    examples: Sequence[str]
    do: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments
    # Passes all arguments on unparsed (args.rest), --help included: another part parses them.
    passes_on: bool = False

    def parser(self) -> argparse.ArgumentParser:
        examples = "examples:\n" + "\n".join(f"  {line}" for line in self.examples)
        parser = Parser(prog=f"./dev {self.name}", description=self.summary, epilog=examples,
                        formatter_class=argparse.RawDescriptionHelpFormatter)
        self.arguments(parser)
        return parser

    def start(self, argv: Sequence[str]) -> int:
        if self.passes_on:
            return self.do(argparse.Namespace(rest=list(argv)))
        return self.do(self.parser().parse_args(argv))


def overview(verbs: Sequence[Verb]) -> str:
    width = max(len(verb.name) for verb in verbs)
    lines = [f"  {bold(verb.name.ljust(width))}  {verb.summary}" for verb in verbs]
    return "\n".join(["usage: ./dev VERB [ARGUMENTS]", "", *lines, "",
                      "./dev VERB --help shows examples. Each verb installs and builds what it needs."])
