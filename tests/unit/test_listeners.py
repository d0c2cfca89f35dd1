"""Listeners: called with each change until they unsubscribe."""

from pixel_tui.listeners import Listeners


def test_listeners_are_called_in_order_until_they_unsubscribe() -> None:
    listeners, heard = Listeners[[int]](), list[tuple[str, int]]()
    unsubscribe = listeners.subscribe(lambda number: heard.append(("first", number)))
    listeners.subscribe(lambda number: heard.append(("second", number)))
    listeners.notify(1)
    unsubscribe()
    listeners.notify(2)
    assert heard == [("first", 1), ("second", 1), ("second", 2)]


def test_a_listener_may_unsubscribe_twice_and_while_it_is_called() -> None:
    listeners, heard = Listeners[[]](), list[str]()

    def once() -> None:
        heard.append("once")
        unsubscribe()
        unsubscribe()

    unsubscribe = listeners.subscribe(once)
    listeners.notify()
    listeners.notify()
    assert heard == ["once"]
    assert len(listeners) == 0


def test_one_that_fails_does_not_keep_the_others_from_being_called() -> None:
    listeners, heard = Listeners[[str]](), list[str]()

    def fail(_word: str) -> None:
        raise RuntimeError("fake")

    listeners.subscribe(fail)
    listeners.subscribe(heard.append)
    listeners.notify("changed")
    assert heard == ["changed"]
