"""Commands that check the installation."""

import tempfile
from pathlib import Path

import click


@click.command("doctor", epilog="Example: repropose doctor")
def doctor_command() -> None:
    """Check the installation and say how to fix problems."""
    from bench.doctor import examine

    signs = {"ok": "ok   ", "note": "note ", "error": "ERROR"}
    errors = 0
    for finding in examine():
        errors += finding.state == "error"
        fix = f"\n      fix: {finding.fix}" if finding.fix else ""
        click.echo(f"{signs[finding.state]} {finding.what}{fix}")
    if errors:
        raise SystemExit(1)


@click.command("selfcheck", epilog="Example: repropose selfcheck")
def selfcheck_command() -> None:
    """Check that this machine gives equal numbers.

    Two short trainings, one that is killed and resumed, and a verification are compared, in under two minutes. Exit
    status 1 if anything differs; the first line that does names what is not deterministic.
    """
    from bench.measure.selfcheck import timed

    with tempfile.TemporaryDirectory(prefix="repropose-selfcheck-") as folder:
        outcomes, seconds = timed(Path(folder))
    for one in outcomes:
        click.echo(
            f"{'equal ' if one.equal else 'DIFFERS'} {one.what}{one.detail and f': {one.detail}'}"
        )
    unequal = sum(not one.equal for one in outcomes)
    found = f"{unequal} of {len(outcomes)} differ" if unequal else "all equal"
    click.echo(f"{found}, {seconds:.0f} s", err=True)
    if unequal:
        raise SystemExit(1)
