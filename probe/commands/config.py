"""`mirrorprobe config check`: everything that is wrong with a configuration, at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..config import Config

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="Work on a configuration.")
    app.add_typer(group, name="config")

    @group.callback()
    def config() -> None:
        """Work on a configuration."""

    @group.command("check")
    def check(
        file: Annotated[Path, typer.Argument(help="The configuration, mirrorprobe.toml.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Say everything that is wrong, one line a problem, or what the configuration comes to."""
        from ..config import load_config  # noqa: PLC0415 - TLS is loaded for this command only
        from ..config.files import unusable  # noqa: PLC0415
        from ..metrics.families import SERIES_AT_START, too_large  # noqa: PLC0415
        from ..metrics.scene import Scene  # noqa: PLC0415
        from ..outcome import UsageFailure  # noqa: PLC0415

        loaded = load_config(file)
        if problems := unusable(loaded):
            raise UsageFailure(*problems)
        large = too_large(Scene.of(loaded))
        print(json.dumps(_summary(loaded, large)) if as_json else _lines(loaded))
        for family in () if as_json else large:
            print(
                f"note     {family}: more than {SERIES_AT_START:,} series are possible, so they do not begin at 0 "
                "but when first seen; fewer relays for one probe would keep alerts on the first failure"
            )


def _summary(config: Config, large: tuple[str, ...]) -> dict[str, object]:
    return {
        "file": str(config.path),
        "mirror": config.mirror.name,
        "members": [member.name for member in config.mirror.members],
        "relays": [
            {"name": relay.name, "listen": str(relay.listen), "upstream": str(relay.upstream),
             "mode": relay.mode, "action": relay.action.value}
            for relay in config.relays
        ],
        "checks": [{"name": one.name, "target": str(one.target)} for one in config.checks],
        "sniffs": [{"name": one.name, "interface": one.interface, "ports": one.ports} for one in config.sniffs],
        "sinks": [one.name for one in config.sinks],
        "history": config.history is not None,
        "web": str(config.web.listen),
        "series_begin_when_seen": large,
    }  # fmt: skip


def _lines(config: Config) -> str:
    members = ", ".join(member.name for member in config.mirror.members) or "none"
    return "\n".join(
        (
            f"{config.path} is good.",
            f"mirror   {config.mirror.name} (members: {members})",
            *(
                f"relay    {one.name}: {one.listen} to {one.upstream}, {one.mode}, {one.action}"
                for one in config.relays
            ),
            *(
                f"check    {one.name}: {one.target} every {one.interval_seconds:g} seconds"
                for one in config.checks
            ),
            *(
                f"sniff    {one.name}: {one.interface}, ports {', '.join(map(str, one.ports))}"
                for one in config.sniffs
            ),
            *(f"sink     {one.name}" for one in config.sinks),
            f"web      {'https' if config.web.identity else 'http'}://{config.web.listen}/metrics",
        )
    )
