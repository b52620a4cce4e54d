"""User 7 of the Telegram emulator, who acts by its HTTP and sees what a person sees."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import Any

import httpx2

TOKEN = "424242:an-emulated-token-of-some-length"
GROUP = -100500


@dataclass
class Person:
    """Somebody with a name, who writes to one bot."""

    http: httpx2.AsyncClient
    user_id: int = 7

    async def do(self, deed: str, /, **body: Any) -> dict[str, Any]:
        """Write, press, react and so on; gives the emulator's answer."""
        path = f"/emulator/{TOKEN}/users/{self.user_id}/{deed}"
        return await self._post(path, {"first_name": "Айгүл", "language_code": "kk", **body})

    async def write(self, text: str, **more: Any) -> int:
        """A text; gives the number of the message."""
        return int((await self.do("messages", text=text, **more))["message_id"])

    async def found(self, chat_id: int = GROUP, **more: Any) -> None:
        """Add the bot to a group."""
        await self._post(f"/emulator/{TOKEN}/chats", {"id": chat_id, "title": "Drivers", **more})

    async def order(self, **fault: Any) -> None:
        """Let something go wrong."""
        await self._post("/emulator/faults", fault)

    async def sees(self, chat_id: int = 7) -> dict[str, Any]:
        """The chat."""
        chat: dict[str, Any] = (await self.http.get(f"/emulator/{TOKEN}/chats/{chat_id}")).raise_for_status().json()
        return chat

    async def sees_message(self, message_id: int, chat_id: int = 7) -> dict[str, Any]:
        """One message of the chat."""
        messages = (await self.sees(chat_id))["messages"]
        return next(message for message in messages if message["message_id"] == message_id)

    async def waits_for(self, text: str) -> dict[str, Any]:
        """Wait for a message of the bot."""
        async with asyncio.timeout(10):
            while True:
                for message in (await self.sees())["messages"]:
                    if message["author"] == "bot" and text in message["text"]:
                        found: dict[str, Any] = message
                        return found
                await asyncio.sleep(0.02)

    async def loads(self, file_id: str) -> bytes:
        """A file, as it is shown in the chat."""
        return (await self.http.get(f"/emulator/{TOKEN}/files/{file_id}")).raise_for_status().content

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = await self.http.post(path, json=body)
        assert reply.status_code == 200, reply.text
        answer: dict[str, Any] = reply.json()
        return answer


def file(content: bytes, **more: Any) -> dict[str, Any]:
    """A file for somebody to send."""
    return {"base64": base64.b64encode(content).decode(), **more}
