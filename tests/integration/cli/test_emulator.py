"""`tapbot emulator` as a process: what was ordered to go wrong, or is cut off, is no news on its terminal."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tapbot.emulators.whatsapp.world import Identity

TOKEN = "424242:an-emulated-token"
ME = Identity()
HALF = "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"


def test_telegram() -> None:
    def annoy(http: httpx2.Client, address: tuple[str, int]) -> None:
        http.post(f"/emulator/{TOKEN}/users/7/messages", json={"text": "hi"}).raise_for_status()
        http.post("/emulator/faults", json={"kind": "lost_answer"}).raise_for_status()
        with pytest.raises(httpx2.RemoteProtocolError):
            http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": 7, "text": "x"})
        with pytest.raises(httpx2.ReadTimeout):
            http.post(f"/bot{TOKEN}/getUpdates", json={"offset": 200_000_000, "timeout": 30}, timeout=0.3)
        send_half(address, f"/bot{TOKEN}/sendMessage")

    assert run_and_stop("telegram", annoy) == ""


def test_whatsapp() -> None:
    def annoy(http: httpx2.Client, address: tuple[str, int]) -> None:
        path = f"/v23.0/{ME.phone_number_id}/messages"
        http.post("/emulator/faults", json={"kind": "lost_answer"}).raise_for_status()
        body = {"messaging_product": "whatsapp", "to": "77000000007", "type": "text", "text": {"body": "x"}}
        with pytest.raises(httpx2.RemoteProtocolError):
            http.post(path, json=body, headers={"Authorization": f"Bearer {ME.access_token}"})
        send_half(address, path)

    assert run_and_stop("whatsapp", annoy) == ""


def test_model() -> None:
    def annoy(http: httpx2.Client, address: tuple[str, int]) -> None:
        http.post("/emulator/script", json=[{"then": {"hang": True}}]).raise_for_status()
        body = {"model": "x", "messages": [{"role": "user", "content": "x"}]}
        with pytest.raises(httpx2.ReadTimeout):
            http.post("/v1/chat/completions", json=body, headers={"Authorization": "Bearer x"}, timeout=0.3)
        send_half(address, "/v1/chat/completions")

    assert run_and_stop("model", annoy) == ""


def send_half(address: tuple[str, int], path: str) -> None:
    """Begin a call and go away."""
    with socket.create_connection(address) as connection:
        connection.sendall(HALF.format(path=path).encode())


def run_and_stop(emulator: str, annoy: Callable[[httpx2.Client, tuple[str, int]], None]) -> str:
    """Run an emulator, do something to it, and stop it; gives what it printed as errors."""
    command = [Path(sys.executable).with_name("tapbot"), "emulator", emulator, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://(127\.0\.0\.1):(\d+)", process.stdout.readline())
            assert found is not None
            with httpx2.Client(base_url=found.group()) as http:
                annoy(http, (found[1], int(found[2])))
            process.send_signal(signal.SIGINT)
            _printed, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    return errors
