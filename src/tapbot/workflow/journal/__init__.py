"""The journal: the only writer of runs and steps. Plain functions of a connection, each fenced by its attempt."""

from tapbot.workflow.journal.cancelling import cancel_run, end_wait
from tapbot.workflow.journal.changes import list_changes, note_change
from tapbot.workflow.journal.counting import count_ready
from tapbot.workflow.journal.deciding import Decision, decide_step
from tapbot.workflow.journal.leases import (
    claim_run,
    free_abandoned_runs,
    free_lapsed,
    ready_runs,
    release_runs,
    renew_leases,
)
from tapbot.workflow.journal.records import (
    FINAL,
    LEASE_MS,
    OPEN,
    PRIORITY,
    Fence,
    Group,
    NewRun,
    RecordedStep,
    StaleAttempt,
    check_fence,
)
from tapbot.workflow.journal.replies import keep_reply, read_answer
from tapbot.workflow.journal.retention import forget_beyond, forget_finished
from tapbot.workflow.journal.retrying import Start, retry_run
from tapbot.workflow.journal.runs import (
    RunState,
    accept_run,
    begin_run,
    finish_run,
    keep_finished_run,
    load_state,
    run_begun,
    run_finished,
)
from tapbot.workflow.journal.schedules import due_schedule, move_schedule, next_due
from tapbot.workflow.journal.steps import (
    begin_step,
    begun_step_finished,
    finish_begun_step,
    finish_step,
    load_steps,
    step_begun,
    step_finished,
)
from tapbot.workflow.journal.waiting import (
    ParkedRun,
    count_waiting,
    deliver,
    due_waits,
    forget_waits,
    next_wake,
    park_run,
    read_delivery,
    wake_due,
)

__all__ = [
    "FINAL",
    "LEASE_MS",
    "OPEN",
    "PRIORITY",
    "Decision",
    "Fence",
    "Group",
    "NewRun",
    "ParkedRun",
    "RecordedStep",
    "RunState",
    "StaleAttempt",
    "Start",
    "accept_run",
    "begin_run",
    "begin_step",
    "begun_step_finished",
    "cancel_run",
    "check_fence",
    "claim_run",
    "count_ready",
    "count_waiting",
    "decide_step",
    "deliver",
    "due_schedule",
    "due_waits",
    "end_wait",
    "finish_begun_step",
    "finish_run",
    "finish_step",
    "forget_beyond",
    "forget_finished",
    "forget_waits",
    "free_abandoned_runs",
    "free_lapsed",
    "keep_finished_run",
    "keep_reply",
    "list_changes",
    "load_state",
    "load_steps",
    "move_schedule",
    "next_due",
    "next_wake",
    "note_change",
    "park_run",
    "read_answer",
    "read_delivery",
    "ready_runs",
    "release_runs",
    "renew_leases",
    "retry_run",
    "run_begun",
    "run_finished",
    "step_begun",
    "step_finished",
    "wake_due",
]
