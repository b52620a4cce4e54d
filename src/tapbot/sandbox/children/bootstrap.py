"""First file of every sandbox child: `python -I -S bootstrap.py PROGRAM SITE_PACKAGES`, the parent's socket as stdin.

It makes bare packages `tapbot` and `tapbot.sandbox`, so that nothing of tapbot but the child's own files is imported.
"""

import sys

_sandbox = __file__.rsplit("/", 2)[0]

for _name, _folder in (("tapbot", _sandbox.rsplit("/", 1)[0]), ("tapbot.sandbox", _sandbox)):
    _package = type(sys)(_name)
    _package.__path__ = [_folder]
    sys.modules[_name] = _package

sys.path.append(sys.argv[2])
from tapbot.sandbox.children.serve import report_start_failure  # noqa: E402 - only now can it be found

try:
    __import__(f"tapbot.sandbox.children.{sys.argv[1]}", fromlist=["main"]).main()
except Exception as error:  # noqa: BLE001 - the boundary of the process: the parent gets every error as text
    report_start_failure(error)
