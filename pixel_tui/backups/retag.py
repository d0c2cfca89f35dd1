"""Restores the tags of the images that ran when a backup was made."""

from pixel_tui.backups.deployment import RanImage
from pixel_tui.backups.make import Say
from pixel_tui.backups.stack_view import ASK_SECONDS, StackView
from pixel_tui.errors import OperationError


def retag(view: StackView, images: list[RanImage], say: Say) -> None:
    """Tag the former images with the names in the compose file.

    Raises:
        OperationError: The engine refuses it.
    """
    for ran in images:
        if not view.inspect("image", [ran.image_id]):
            say(f"image      {ran.service}  {ran.image_id[:19]} no longer exists here: not changed")
            continue
        if ran.image.startswith("sha256:") or "@" in ran.image:
            say(f"image      {ran.service}  {ran.image[:60]} is named by its digest")
            continue
        result = view.programs.run(
            view.command.docker_argv("tag", names=[ran.image_id, ran.image]), patience=ASK_SECONDS
        )
        if result.code:
            raise OperationError(f"{ran.image} can't be tagged: {result.reason}")
        say(f"image      {ran.service}  {ran.image} is {ran.image_id[:19]}")
