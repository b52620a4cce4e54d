"""What a conversation keeps of its agent."""

from __future__ import annotations

from tapbot.bots.agent.memory import MOST_CHARS, Entry, Memory, Pending, bound, load_memory

CALL = {"id": "c1", "name": "quote", "arguments": "{}"}


def exchange(number: int, chars: int = 10) -> list[Entry]:
    return [
        {"role": "user", "text": f"{number}" * chars},
        {"role": "model", "text": "", "calls": [CALL]},
        {"role": "tool", "id": "c1", "name": "quote", "text": "7000"},
        {"role": "model", "text": "7000", "calls": []},
    ]


def test_the_memory_begins_with_the_person_so_that_no_result_lacks_its_call() -> None:
    kept = bound([entry for number in range(50) for entry in exchange(number)])
    assert kept[0]["role"] == "user"
    assert len(kept) <= 30


def test_long_messages_push_out_old_ones() -> None:
    kept = bound([entry for number in range(5) for entry in exchange(number, chars=7000)])
    assert sum(len(entry["text"]) for entry in kept) <= MOST_CHARS + 7000
    assert kept[0]["text"].startswith("3") or kept[0]["text"].startswith("4")


def test_the_memory_survives_the_state_and_leaves_the_guided_part_alone() -> None:
    memory = Memory(exchange(1), Pending.of("book", {"seats": 2}, "c9", "Бронируем?"), "agent", {"greeted": True})
    loaded = load_memory(memory.to_state())
    assert loaded == memory
    assert loaded.pending is not None
    assert loaded.pending.is_whole


def test_arguments_that_were_changed_after_the_summary_are_noticed() -> None:
    pending = Pending.of("book", {"seats": 2}, "c9", "Бронируем?")
    pending.arguments["seats"] = 7
    assert not pending.is_whole


def test_a_state_of_the_guided_answerer_alone_is_an_empty_memory() -> None:
    loaded = load_memory({"flow": "book", "slots": {"seats": 2}})
    assert loaded.messages == []
    assert loaded.guided == {"flow": "book", "slots": {"seats": 2}}
