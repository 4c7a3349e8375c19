"""`mathpal doctor`: the machine, the packages, the network and the caches, each with a remedy.

What is slow or may crash, importing libraries, is done in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from mathpal.doctor.finding import Finding, State

STYLES = {
    State.OK: "green",
    State.NOTE: "dim",
    State.WARNING: "yellow",
    State.BROKEN: "bold red",
}

STATE_WIDTH = max(map(len, State))
NAME_WIDTH = 20


def examine(
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[tuple[str, list[Finding]]]:
    """Look at everything; yield the sections and what was found, what is quick first.

    `tell` gets what is being waited for.
    """
    from mathpal.doctor import caches, files, gpus, imports, machine, network, packages
    from mathpal.hardware import may_have_gpu

    with ThreadPoolExecutor(max_workers=4) as pool:
        importing, unsloth = pool.submit(imports.everything, tell), pool.submit(imports.unsloth)
        hub, driver = pool.submit(network.hub), pool.submit(gpus.driver)
        yield "machine", list(machine.findings())
        yield "disk", list(machine.disks())
        yield "files", list(files.findings())
        yield "packages", list(packages.findings())
        yield "caches", caches.findings()
        imported = importing.result()
        yield "imports", [*imports.findings(imported), *unsloth.result()]
        torch = None if imported["torch"].failure else imported["torch"].facts
        found = gpus.findings(torch, driver.result(), may_have_gpu(), os.environ)
        yield "gpu", list(found)
        wandb = imported.get("wandb")
        sent = [] if wandb is None or wandb.failure else network.wandb(wandb.facts["url"])
        yield "network", [*hub.result(), *sent]


def renderables(
    section: str, findings: Sequence[Finding], *, live: bool
) -> Iterator[RenderableType]:
    """Yield what to print of a section: a table for a terminal, plain lines for a pipe."""
    from mathpal.record import redact

    if not live:
        for f in findings:
            yield Text(redact(f"{f.state}: {section}: {f.name}: {f}"))
        return
    yield Text(section, style="bold")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(width=STATE_WIDTH)
    table.add_column(style="bold cyan", width=NAME_WIDTH, overflow="fold")
    table.add_column(overflow="fold")
    for f in findings:
        table.add_row(Text(f.state, style=STYLES[f.state]), Text(f.name), Text(redact(str(f))))
    yield table
