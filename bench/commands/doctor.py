"""`repropose doctor`."""

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
