"""The error tree, each with its exit code, and the "Did you mean" of every message.

MathpalError            1  the job failed
  RequestError          2  the request was wrong: configuration, preflight, files
    Unreachable         2  the hub cannot be reached; a dry run goes on without
  Interrupted         130  Ctrl-C, or the scheduler's SIGTERM
    Pruned            130  a sweep's pruner saw no promise in a trial
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_SUGGESTIONS = 4


class MathpalError(Exception):
    """The job failed; the message says what happened, where, and what to do."""

    exit_code = 1


class RequestError(MathpalError):
    """The request was wrong. Holds every problem found, so that one run shows them all."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class Unreachable(RequestError):
    """Something on the hub is wanted, is not cached, and the hub cannot be reached."""


class Interrupted(MathpalError):
    """The user or the scheduler stopped the run; what was trained so far is kept."""

    exit_code = 130


class Pruned(Interrupted):
    """A sweep stopped one of its trials early; the message says at which step, and the value."""


def similar(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates nearest to `word` by edit distance, nearest first.

    Ties at the smallest distance are all kept (up to four), because one edit of a short name
    such as `r8` is as near to `r4` as to `r16`.
    """
    from rapidfuzz.distance import OSA, JaroWinkler

    allowed = 1 if len(word) < 4 else 2 if len(word) < 8 else len(word) // 4 + 1
    distances = {c: OSA.distance(word.lower(), c.lower()) for c in candidates}
    nearest = min(distances.values(), default=allowed + 1)
    if nearest > allowed:
        return []
    ties = [c for c, d in distances.items() if d == nearest]
    return sorted(ties, key=lambda c: -JaroWinkler.similarity(word, c))[:MAX_SUGGESTIONS]


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?`, or an empty string where nothing is near.

    >>> did_you_mean("gemm3n", ["gemma3n", "qwen3_4b"])
    " Did you mean 'gemma3n'?"
    >>> did_you_mean("banana", ["gemma3n", "qwen3_4b"])
    ''
    """
    names = [f"'{c}'" for c in similar(word, candidates)]
    if not names:
        return ""
    listed = " or ".join(names) if len(names) < 3 else ", ".join(names[:-1]) + " or " + names[-1]
    return f" Did you mean {listed}?"
