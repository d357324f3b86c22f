"""A progress bar on the terminal's error stream, so that output stays clean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counted(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that is called with the name of each thing when it is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total, name="")
        yield lambda name: progress.update(task, advance=1, name=name)
