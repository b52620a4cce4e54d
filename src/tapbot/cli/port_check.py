"""Whether the server could listen where its settings say."""

from __future__ import annotations

import socket

from tapbot.cli.finding import Finding, Patient
from tapbot.storage.folder import lock_holder


def check_port(patient: Patient) -> Finding:
    """Whether the server could listen."""
    server = patient.settings.server
    if lock_holder(patient.data) is not None:
        return Finding("port", "ok", "the running server has it")
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((server.host, server.port))
        except OSError as error:
            message = f"{server.host}:{server.port} cannot be used: {error.strerror}."
            return Finding("port", "wrong", message, "Stop what listens there, or choose another with --port.")
    return Finding("port", "ok", f"{server.host}:{server.port} is free")
