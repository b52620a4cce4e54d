"""All settings of a project and its server: one file `tapbot.toml`, overridden by `TAPBOT_SECTION__KEY`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapbot.settings.channels import ChannelsSection
from tapbot.settings.section import Section

FILE_NAME = "tapbot.toml"
Language = Literal["kk", "ru", "en"]


def _known_zone(name: str) -> str:
    """A zone that the machine knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r} here (without tzdata a machine has none)") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
HOUR = r"([01]\d|2[0-3]):[0-5]\d"
QuietHours = Annotated[str, Field(pattern=rf"^{HOUR}-({HOUR}|24:00)$")]


class ProjectSection(Section):
    """What the company's automation is called and where it lives."""

    name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,40}$")
    """Short name, in addresses and table names. Default: the folder's name."""
    title: str | None = None
    """Name that people read."""
    environment: Literal["dev", "stage", "prod"] = "dev"
    """Which environment this server serves."""
    locales: tuple[Language, ...] = ("ru", "kk", "en")
    """Languages of the texts, the preferred one first."""
    time_zone: TimeZone = "Asia/Almaty"
    """IANA zone of dates that people write and read."""
    quiet_hours: QuietHours | None = None
    """When customers are left alone, `"22:00-08:00"` in the contact's time zone (its field `time_zone`) or in the
    project's: what a bot says unasked waits until the end, answers do not."""
    most_runs_at_once: int | None = Field(default=None, ge=1)
    """How many runs of its workflows may run at once; the others are kept and wait. Unlimited when not set."""


class ServerSection(Section):
    """Where the server listens and how much it takes."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on."""
    public_url: str | None = None
    """Address under which the outside world reaches this server, for webhooks."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    """Addresses or CIDR ranges of proxies whose word on the caller's address is taken."""
    body_limit_bytes: int = Field(default=16_000_000, ge=1_000)
    """Largest request body; a larger one is answered with 413."""
    reuse_port: bool = False
    """Let several processes listen on one port (SO_REUSEPORT): for `tapbot web` and restarts without a gap."""
    answer_seconds: float = Field(default=120, gt=0)
    """Longest wait of a webhook's caller for a run that another process works on."""
    drain_seconds: float = Field(default=10, ge=0)
    """How long a stopping server lets running turns and requests finish."""


def _none_if_empty(value: Any) -> Any:
    return value or None


class StorageSection(Section):
    """Where data lives."""

    data: Path | None = None
    """Folder of the data. Default: `./.tapbot/<name>`, never inside the project."""
    url: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    """Address of a PostgreSQL database, `postgresql://user:password@host:5432/name`; without one, records are in SQLite
    in the data folder. It holds a password: give it as `TAPBOT_STORAGE__URL`."""
    owner_url: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    """The same with the login of the database's owner, for `tapbot migrate`; `url` when not given."""
    wait_seconds: float = Field(default=20, gt=0)
    """How long work waits for a PostgreSQL server that is away, before it is refused."""
    read_connections: int = Field(default=4, ge=1, le=64)
    """PostgreSQL: connections for reading, of each process and for each of the two roles."""
    write_connections: int = Field(default=1, ge=1, le=16)
    """PostgreSQL: connections for writing, of each process. One commits everything that waits together."""
    retain_finished_days: int = Field(default=30, ge=1)
    """Finished runs older than this are deleted."""
    retain_finished_runs: int | None = Field(default=None, ge=1)
    """Most finished runs that a project keeps; the oldest are deleted. Unlimited when not set."""
    retain_finished_bytes: int = Field(default=10_000_000_000, ge=1_000)
    """Most bytes that a project's finished runs may keep; the oldest are deleted."""
    retain_files_days: int | None = Field(default=None, ge=1)
    """Files of chats older than this are deleted, and their messages tell so. They stay when not set."""
    retain_files_bytes: int | None = Field(default=None, ge=1)
    """Most bytes of files of chats that a project keeps; the oldest are deleted. Unlimited when not set."""


class BrokerSection(Section):
    """What carries jobs from the processes that accept work to those that do it."""

    url: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    """Address of Redis (`redis://…`) or NATS with JetStream (`nats://…`); without one, jobs stay in this process.
    It may hold a password: give it as `TAPBOT_BROKER__URL`."""


class CacheSection(Section):
    """What processes share for a moment: live events and rate limits."""

    url: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    """Address of Redis (`redis://…`); without one, both stay in this process. It may hold a password: give it as
    `TAPBOT_CACHE__URL`."""


class WorkerSection(Section):
    """How much a process works on at once, and how much may wait."""

    runs_at_once: int = Field(default=100, ge=1, le=10_000)
    """Runs side by side in one process. One project gets four fifths of them at most."""
    turns_at_once: int = Field(default=32, ge=1, le=1_000)
    """Turns of bots side by side in one process."""
    backlog: int = Field(default=5_000, ge=1)
    """Runs and messages of one project that were accepted and not begun; more are refused with 429."""


class SandboxSection(Section):
    """Limits of what a project's authors wrote."""

    expression_children: int = Field(default=2, ge=1, le=64)
    """Processes that evaluate expressions."""
    code_children: int = Field(default=1, ge=1, le=64)
    """Processes that run Code nodes, started when the first one runs."""
    expression_timeout_seconds: float = Field(default=2, gt=0, le=60)
    """Longest wall-clock time of one evaluation."""
    code_timeout_seconds: float = Field(default=10, gt=0, le=600)
    """Longest wall-clock time of one Code node."""
    code_memory_bytes: int = Field(default=256_000_000, ge=16_000_000)
    """Most memory of one Code node."""
    code_queue_seconds: float = Field(default=3600, gt=0)
    """Longest wait of a run for a free process for Code nodes; then its step fails (`sandbox.busy`)."""
    code_idle_seconds: float = Field(default=30, ge=1)
    """A process for Code nodes that was idle for this long ends."""
    env_allow: tuple[str, ...] = ()
    """Names that `$env` may show; never secrets."""


class WorkflowSection(Section):
    """What workflows may reach of the server itself."""

    file_root: Path | None = None
    """Folder that file nodes may read and write; without it they are closed."""
    allow_commands: bool = False
    """Let the node 'Execute Command' run programs of the server, with all rights of this process."""


class UpstreamSection(Section):
    """What outgoing calls may reach."""

    allow_private_network: bool = False
    """Allow calls to private and loopback addresses. Link-local ones (cloud metadata) need `allow_hosts`."""
    allow_hosts: tuple[str, ...] = ()
    """Host names and CIDR ranges that are allowed although they are private."""
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    """Longest silence of the other side."""
    response_limit_bytes: int = Field(default=20_000_000, ge=1_000)
    """Largest answer that is read."""


class CredentialsSection(Section):
    """The keys that seal credentials. Without one here they are in `credentials.key` of the data folder."""

    key: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    """32 random bytes in base64 (`openssl rand -base64 32`). Several processes need it here: give it as
    `TAPBOT_CREDENTIALS__KEY`."""
    old_keys: tuple[SecretStr, ...] = ()
    """Keys that still open what they sealed, until `tapbot credential rotate`. Give them as
    `TAPBOT_CREDENTIALS__OLD_KEYS='["…"]'`."""


class AccessSection(Section):
    """Logins and rate limits."""

    session_hours: float = Field(default=12, gt=0)
    """A login ends after this long."""
    login_per_minute: int = Field(default=10, ge=1)
    """Tries to log in by one address."""
    api_per_minute: int = Field(default=1200, ge=1)
    """Requests by one session or token."""
    chat_per_minute: int = Field(default=60, ge=1)
    """Messages by one web chat."""
    chat_tokens_per_minute: int = Field(default=30, ge=1)
    """New web chats by one address."""
    webhook_per_minute: int | None = Field(default=None, ge=1)
    """Calls of one webhook path; unlimited when not set."""
    waiting_per_minute: int = Field(default=600, ge=1)
    """Calls of the addresses of waiting runs by one address of the network; more look like guessing."""


class AdminSection(Section):
    """The first person who may log in."""

    email: str | None = None
    """Made at the first start."""
    password: SecretStr | None = None
    """At least 10 characters; better given by `TAPBOT_ADMIN__PASSWORD`."""


class SpeechSection(Section):
    """Voice messages become text by an OpenAI-compatible transcription endpoint. Section `[speech]`."""

    base_url: str | None = None
    """For example `https://models.example.com/v1`; the call goes to `/audio/transcriptions` below it. Without one,
    bots ask for words."""
    model: str = "whisper-1"
    """Name that the endpoint knows."""
    api_key: SecretStr | None = None
    """Give it by environment: `TAPBOT_SPEECH__API_KEY`."""
    timeout_seconds: float = Field(default=30, gt=0, le=300)
    """Longest silence of the endpoint."""


class ModelSection(Section):
    """A language model behind an OpenAI-compatible endpoint. Section `[models.<name>]`."""

    base_url: str
    """For example `https://models.example.com/v1`."""
    model: str
    """Name that the endpoint knows."""
    api_key: SecretStr | None = None
    """Give it by environment: `TAPBOT_MODELS__<NAME>__API_KEY`."""
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    """Longest silence of the endpoint."""
    request_limit: int = Field(default=8, ge=1, le=50)
    """Most requests to the model in one turn."""
    attempts: int = Field(default=3, ge=1, le=10)
    """Tries of one request when the endpoint is busy or down; a `Retry-After` of up to 10 s is kept to."""
    turn_seconds: float = Field(default=60, gt=0, le=600)
    """Longest time that the model has in one turn; then the guided answerer answers."""


class BotSection(Section):
    """What this server changes about a bot. Section `[bots.<id>]`."""

    model: str | None = None
    """Name of a section `[models.<name>]`: that model answers, whatever the bot's own file says."""
    quiet_hours: QuietHours | Literal["none"] | None = None
    """Other quiet hours than `project.quiet_hours`; `"none"` for a bot that may speak at any time."""


class MetricsSection(Section):
    """Figures for Prometheus. Without a token and a port there is no `/metrics`."""

    token: SecretStr | None = None
    """Opens `/metrics` on the server's own port to whoever sends it as `Authorization: Bearer …`; at least 16 letters.
    Give it as `TAPBOT_METRICS__TOKEN`."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """A port of 127.0.0.1 that shows `/metrics` to this machine alone; for `worker` and `scheduler` too."""

    @field_validator("token")
    @classmethod
    def _long_enough(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < 16:
            raise ValueError("the token has fewer than 16 letters")
        return token


class TracesSection(Section):
    """Traces for an OpenTelemetry collector; needs the extra `traces`."""

    endpoint: str | None = None
    """Where spans go, OTLP over HTTP: `http://127.0.0.1:4318/v1/traces`. Without it there are none."""


class LogSection(Section):
    """What is written to the log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe entry that is written."""
    format: Literal["text", "json"] = "text"
    """Text for people, JSON for machines."""


class FaultsSection(Section):
    """Faults on demand, for tests: kill the process at a write, or drop one. Never in production."""

    kill_before: str | None = None
    """Kill before a commit: a site such as `inbox.accept`, `site#3`
    for its third write, or `#17` for the 17th of all."""
    kill_after: str | None = None
    """The same, after the commit and before anybody hears of it."""
    drop: str | None = None
    """A site whose commits are dropped in silence."""
    trace: Path | None = None
    """File to which each write's site is appended."""


class Settings(BaseSettings):
    """Everything, frozen."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix="TAPBOT_", env_nested_delimiter="__")

    project: ProjectSection = ProjectSection()
    server: ServerSection = ServerSection()
    storage: StorageSection = StorageSection()
    broker: BrokerSection = BrokerSection()
    cache: CacheSection = CacheSection()
    worker: WorkerSection = WorkerSection()
    sandbox: SandboxSection = SandboxSection()
    workflow: WorkflowSection = WorkflowSection()
    upstream: UpstreamSection = UpstreamSection()
    credentials: CredentialsSection = CredentialsSection()
    access: AccessSection = AccessSection()
    admin: AdminSection = AdminSection()
    channels: ChannelsSection = ChannelsSection()
    models: dict[str, ModelSection] = {}
    speech: SpeechSection = SpeechSection()
    bots: dict[str, BotSection] = {}
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()
    traces: TracesSection = TracesSection()
    faults: FaultsSection = FaultsSection()
