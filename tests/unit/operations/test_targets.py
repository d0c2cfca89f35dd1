"""Finding the targets of table rows and of words on the command line."""

import pytest

from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.targets import find_targets, target_named
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import SafeText
from tests.builders.actions import container, running, spec, stack, worker

TWO = stack(container("api", 1), container("api", 2), specs=(spec("api"),))


def test_a_service_is_found_with_all_of_its_containers() -> None:
    (found,) = find_targets([TargetRef("api")], TWO)
    assert found.name == "api"
    assert len(found.containers) == 2
    assert not found.single


def test_one_container_of_a_service_is_found() -> None:
    second = container("api", 2)
    (found,) = find_targets([TargetRef("api", second.id)], TWO)
    assert found.single
    assert found.containers == (second,)


def test_a_container_of_a_chosen_service_is_dropped() -> None:
    second = container("api", 2)
    wanted = [TargetRef("api", second.id), TargetRef("api"), TargetRef("api")]
    assert [found.name for found in find_targets(wanted, TWO)] == ["api"]


@pytest.mark.parametrize("ref", [TargetRef("gone"), TargetRef("api", "0" * 64)])
def test_an_unknown_target_is_an_error(ref: TargetRef) -> None:
    with pytest.raises(OperationError, match="No such service or container"):
        find_targets([ref], running())


def test_a_container_id_is_no_service_name() -> None:
    one = container("api")
    named_alike = stack(one, container(one.id), specs=(spec("api"), spec(one.id)))
    (found,) = find_targets([TargetRef("api", one.id)], named_alike)
    assert found.containers == (one,)


def test_a_word_is_a_service_or_a_container_by_id_or_name() -> None:
    once = worker()
    seen = stack(container("api"), once, specs=(spec("api"), spec("worker")))
    assert target_named("api", seen) == TargetRef("api")
    assert target_named(once.id, seen) == TargetRef("worker", once.id)
    assert target_named(once.name, seen) == TargetRef("worker", once.id)
    assert target_named("gone", seen) == TargetRef("gone")


def test_a_service_comes_before_a_container_of_the_same_name() -> None:
    named = worker("api")
    seen = stack(container("api"), named, specs=(spec("api"), spec("worker")))
    assert named.name == SafeText("api")
    assert target_named("api", seen) == TargetRef("api")
