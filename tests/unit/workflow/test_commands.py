"""Programs of the server that a node runs."""

import pytest

from tapbot.errors import LimitExceeded, NotAllowed
from tapbot.workflow.commands import run_command


async def test_a_command_tells_its_exit_code_and_both_outputs() -> None:
    told = await run_command("echo out; echo err >&2; exit 3", allowed=True)
    assert (told.exit_code, told.stdout, told.stderr) == (3, "out\n", "err\n")


async def test_a_command_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPBOT_SECRET_FOR_TEST", "hidden")
    told = await run_command("env", allowed=True)
    assert "hidden" not in told.stdout
    assert "PATH=" in told.stdout


async def test_a_command_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(NotAllowed, match="does not let workflows run commands"):
        await run_command("echo hi", allowed=False)


async def test_a_command_that_takes_too_long_or_writes_too_much_is_ended() -> None:
    with pytest.raises(LimitExceeded, match=r"longer than 0\.05 s"):
        await run_command("sleep 30", allowed=True, timeout_seconds=0.05)
    with pytest.raises(LimitExceeded, match="more than 100 bytes"):
        await run_command("yes", allowed=True, most_output_bytes=100)
