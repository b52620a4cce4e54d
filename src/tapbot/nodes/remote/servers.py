"""Servers of credentials that nodes of SSH, SFTP and FTP use."""

from __future__ import annotations

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput
from tapbot.upstream.ssh import SshServer


def port_of(opened: Opened) -> int:
    """The port of a credential.

    Raises:
        InvalidInput: It is none.
    """
    port = opened.text("port")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise InvalidInput(
            f"The port of the credential {opened.name!r} is none.", code="credential.bad_field", place="port"
        )
    return int(port)


def ssh_server(opened: Opened) -> SshServer:
    """The server of a credential for SSH or SFTP."""
    return SshServer(
        host=opened.text("host"),
        port=port_of(opened),
        user=opened.text("username"),
        password=opened.text("password"),
        private_key=opened.text("privateKey"),
        passphrase=opened.text("passphrase"),
        host_key=opened.text("hostKey"),
        name=opened.name,
    )
