"""Calls of the Telegram Bot API, and the one function that turns its answers into errors."""

from __future__ import annotations

from typing import Any, TypeVar, Unpack
from urllib.parse import quote

import msgspec
from pydantic import SecretStr

from tapbot import upstream
from tapbot.channels.telegram.generated import Method, ResponseParameters
from tapbot.channels.types import ChatBlocked, File
from tapbot.errors import TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import HttpClient

Result = TypeVar("Result")
SERVICE = "Telegram"


class ChatMoved(UpstreamRejected):
    """A group became a supergroup, which has another id.

    Args:
        chat_id: The new one.
    """

    default_code = "telegram.chat_moved"

    def __init__(self, message: str, *, chat_id: int) -> None:
        super().__init__(message, status=400)
        self.chat_id = chat_id


class Answer(msgspec.Struct, frozen=True):
    """What every method answers (https://core.telegram.org/bots/api#making-requests)."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: ResponseParameters = ResponseParameters()


class BotApi:
    """The Bot API for one bot. Its token is in every address, so no address is ever shown."""

    def __init__(self, token: SecretStr, http: HttpClient, api_url: str) -> None:
        self._token = token
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def invoke(self, method: Method, result: type[Result], *, timeout_seconds: float = 20) -> Result:
        """Call a method and decode its result.

        Args:
            method: The call, for example `SendMessage(…)`.
            result: Type of the result; `msgspec.Raw` leaves it as it is.
            timeout_seconds: Longest silence of the server.

        Raises:
            UpstreamUnavailable: No answer, 429 or 5xx.
            UpstreamRejected: Telegram refused the call.
        """
        content, headers = msgspec.json.encode(method), {"Content-Type": "application/json"}
        return await self._call(method, result, timeout_seconds, content=content, headers=headers)

    async def upload(
        self, method: Method, parameter: str, file: File, result: type[Result], *, timeout_seconds: float = 60
    ) -> Result:
        """Call a method that takes a file, as multipart.

        Args:
            parameter: Name of the parameter that holds the file.

        Raises:
            UpstreamUnavailable: No answer, 429 or 5xx.
            UpstreamRejected: Telegram refused the call.
        """
        given = msgspec.to_builtins(method)
        form = {name: value if isinstance(value, str) else _json(value) for name, value in given.items()}
        files = {parameter: (file.name or parameter, file.content, file.media_type)}
        return await self._call(method, result, timeout_seconds, form=form, files=files)

    async def fetch(self, file_path: str, *, limit_bytes: int, timeout_seconds: float = 60) -> bytes:
        """Fetch a file that `getFile` found.

        Raises:
            LimitExceeded: It is larger than the limit.
            UpstreamUnavailable: No answer, 429 or 5xx.
            UpstreamRejected: The file is gone.
        """
        address = f"{self._api_url}/file/bot{self._token.get_secret_value()}/{quote(file_path)}"
        reply = await upstream.call(
            self._http,
            "GET",
            address,
            service=SERVICE,
            timeout_seconds=timeout_seconds,
            deadline_seconds=timeout_seconds * 2,
            limit_bytes=limit_bytes,
            follow_redirects=False,
        )
        return reply.content

    async def _call(
        self, method: Method, result: type[Result], timeout_seconds: float, **sent: Unpack[upstream.Sent]
    ) -> Result:
        name = _name_of(method)
        sent["follow_redirects"] = False
        reply = await upstream.request(
            self._http,
            "POST",
            f"{self._api_url}/bot{self._token.get_secret_value()}/{name}",
            service=SERVICE,
            timeout_seconds=timeout_seconds,
            deadline_seconds=timeout_seconds * 2,
            **sent,
        )
        answer = read_answer(name, reply.status_code, reply.content, self._token.get_secret_value())
        try:
            return msgspec.json.decode(answer.result, type=result)
        except msgspec.MsgspecError as error:
            raise UpstreamRejected(
                f"{SERVICE} answered {name} with something unexpected: {error}.", code="telegram.unexpected"
            ) from None


def read_answer(name: str, status: int, content: bytes, token: str) -> Answer:
    """The answer of a call that went well.

    Args:
        name: The method.
        content: The body as it came.
        token: Blanked in messages.

    Raises:
        UpstreamUnavailable: 429, 5xx, or no JSON.
        UpstreamRejected: Telegram refused the call.
    """
    answer = _decode(content)
    if answer is None or not answer.ok:
        raise read_error(name, status, answer, token)
    return answer


def read_error(name: str, status: int, answer: Answer | None, token: str) -> TapbotError:
    """Turn a failed call into the error that its reason stands for.

    Args:
        name: The method.
        status: The HTTP status.
        answer: The decoded body; `None` when it is not the Bot API's JSON, as with a proxy's error page.
        token: Blanked should the description repeat it.
    """
    code = (answer.error_code if answer else 0) or status
    reason = answer.description.replace(token, "***") if answer else "no JSON in the answer"
    message = f"{SERVICE} refused {name}: {reason} ({code})."
    if code == 429:
        wait = answer.parameters.retry_after if answer else None
        return UpstreamUnavailable(message, retry_after_seconds=wait, code="telegram.too_many")
    if code >= 500 or answer is None:
        return UpstreamUnavailable(f"{SERVICE} failed at {name}: {reason} ({code}).", code="telegram.failed")
    if code in {401, 404}:
        text = f"{SERVICE} does not know this bot's token ({code}). Take the token from BotFather again."
        return UpstreamRejected(text, status=code, code="telegram.bad_token")
    if answer.parameters.migrate_to_chat_id is not None:
        return ChatMoved(message, chat_id=answer.parameters.migrate_to_chat_id)
    if code == 403:
        return ChatBlocked(message, status=code, code="telegram.blocked")
    return UpstreamRejected(message, status=code, code="telegram.conflict" if code == 409 else "telegram.rejected")


def _decode(body: bytes) -> Answer | None:
    try:
        return msgspec.json.decode(body, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _name_of(method: Method) -> str:
    name = type(method).__name__
    return name[0].lower() + name[1:]
