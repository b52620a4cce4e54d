"""First file of every sandbox child: `python -I -S bootstrap.py PROGRAM SITE_PACKAGES`, with the parent's socket as stdin.

It makes bare packages `tapbot` and `tapbot.sandbox`, so that nothing of tapbot but `tapbot.sandbox.children` and the bundle is imported.
"""

import sys

_here = sys.path[0] if not __file__ else __file__.rsplit("/", 1)[0]
_sandbox = _here.rsplit("/", 1)[0]

for _name, _folder in (("tapbot", _sandbox.rsplit("/", 1)[0]), ("tapbot.sandbox", _sandbox)):
    _package = type(sys)(_name)
    _package.__path__ = [_folder]
    sys.modules[_name] = _package

sys.path.append(sys.argv[2])
__import__(f"tapbot.sandbox.children.{sys.argv[1]}", fromlist=["main"]).main()
