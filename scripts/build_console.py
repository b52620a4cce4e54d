"""Build the console and put it where the server serves it; nothing is done while the bundle is up to date.

Plain standard library: it runs before anything is installed, and in the wheel's build hook.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = ("src", "public", "scripts", "index.html", "package.json", "package-lock.json", "vite.config.ts")
STAMP = ".sources"
NODE_MAJOR = 20
WHERE_FROM = "Get it from nodejs.org; Debian has it from version 13 on (apt-get install npm), Debian 12 has only 18."


def source_hash(console: Path) -> str:
    """One hash over everything that the bundle is made of."""
    files = sorted(
        path
        for name in SOURCES
        for path in ([console / name] if (console / name).is_file() else (console / name).rglob("*"))
        if path.is_file()
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(console).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def bundle_is_fresh(root: Path) -> bool:
    """Whether the bundle in the package was built from the sources that are here."""
    bundle = root / "src/tapbot/api/console"
    stamp = bundle / STAMP
    return (bundle / "index.html").is_file() and (
        not (root / "console/package.json").is_file()
        or (stamp.is_file() and stamp.read_text("utf-8").strip() == source_hash(root / "console"))
    )


def missing_tools() -> str | None:
    """What is missing to build and test the console, in sentences; None when all is there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return f"Node.js {NODE_MAJOR} or newer with npm is needed for the console. {WHERE_FROM}"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR:
        return f"Node.js {NODE_MAJOR} or newer is needed for the console; {node} is {version or 'broken'}. {WHERE_FROM}"
    return None


def install_packages(console: Path) -> None:
    """Run `npm ci` when the lock changed since the last time."""
    lock_hash = hashlib.sha256((console / "package-lock.json").read_bytes()).hexdigest()
    stamp = console / "node_modules" / ".lock-hash"
    if stamp.is_file() and stamp.read_text("utf-8").strip() == lock_hash:
        return
    _npm(console, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(lock_hash, "utf-8")


def build(root: Path) -> None:
    """Build the bundle and swap it into the package.

    Args:
        root: The repository's root.
    """
    console, bundle = root / "console", root / "src/tapbot/api/console"
    install_packages(console)
    _npm(console, "run", "build", "--silent")
    fresh = bundle.with_name("console.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(console / "dist", fresh)
    (fresh / STAMP).write_text(source_hash(console), "utf-8")
    shutil.rmtree(bundle, ignore_errors=True)
    os.replace(fresh, bundle)


def ensure_bundle(root: Path) -> None:
    """Make sure that a bundle is in the package, built or kept.

    Raises:
        SystemExit: There is no bundle and none can be built; the message says what is missing.
    """
    if bundle_is_fresh(root):
        return
    missing = missing_tools()
    there = (root / "src/tapbot/api/console/index.html").is_file()
    if missing and there:
        print(f"      The console's bundle is older than its sources and is used as it is. {missing}", flush=True)
        return
    if missing:
        raise SystemExit(f"The console is not built. {missing}")
    if not (root / "console/package.json").is_file():
        raise SystemExit("The console's sources (console/) are not here, and no built bundle is.")
    print("      building the console (npm ci, vite build); the first time takes a minute …", flush=True)
    build(root)


def _npm(console: Path, *arguments: str) -> None:
    npm = shutil.which("npm") or "npm"
    done = subprocess.run([npm, *arguments], cwd=console, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(
            f"`npm {' '.join(arguments)}` in {console} failed with exit code {done.returncode}; see above."
        )


if __name__ == "__main__":
    repository = Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--tools"]:
        if missing := missing_tools():
            raise SystemExit(missing)
    elif sys.argv[1:] == ["--packages"]:
        install_packages(repository / "console")
    else:
        ensure_bundle(repository)
