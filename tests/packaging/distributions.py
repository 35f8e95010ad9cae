"""Builds wheel and sdist, compares their files with the repository's, and tries the wheel in clean environments.

`python -m tests.packaging.distributions` does this for each version of Python from 3.10 to 3.13 that it finds on the
path or in pyenv. `.ci/run` runs it, because it takes a minute and a package registry. It needs the package `build`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMOKE_TEST = Path(__file__).with_name("smoke.py")
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
EXTRAS = "cli,sandbox"
PIP_OPTIONS = ("--quiet", "--no-compile", "--disable-pip-version-check")
#: The environments that are made at the same time.
WORKERS = 2


def main() -> None:
    """Build, compare and try the distributions. Exits with the output of a step that fails."""
    interpreters = {version: found for version in VERSIONS if (found := interpreter(version))}
    if not interpreters:
        sys.exit(f"None of Python {', '.join(VERSIONS)} was found with ensurepip and venv.")
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        with ThreadPoolExecutor(WORKERS) as pool:
            tries = {
                version: pool.submit(try_out, wheel, python, Path(folder) / version)
                for version, python in interpreters.items()
            }
        for version, result in tries.items():
            print(f"Python {version}: {result.result()}")
    missing = [version for version in VERSIONS if version not in interpreters]
    if missing:
        print(f"Not tried, because not found: Python {', '.join(missing)}.")


def interpreter(version: str) -> Path | None:
    """Return an interpreter of *version* that can make environments, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"{version}.*/bin/python{version}"))]
    for candidate in candidates:
        if (
            subprocess.run([candidate, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    return None


def build(folder: Path) -> Path:
    """Build the sdist, and the wheel from it, and return the wheel. Exits when one lacks a file of the package."""
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    package = ROOT / "ftrack_orm"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    for distribution, names in ((wheel, set(zipfile.ZipFile(wheel).namelist())), (sdist, in_sdist)):
        missing = sorted(expected - names)
        if missing:
            sys.exit(f"{distribution.name} lacks {missing}: add them to package_data in setup.cfg.")
    return wheel


def try_out(wheel: Path, python: Path, folder: Path) -> str:
    """Install *wheel* in a new environment, run the smoke test there, and return the last line that it prints.

    It is run twice: with the required packages only, and with those of the extras. The home folder is empty, and the
    current folder is not the repository's.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    run([python, "-m", "venv", folder / "environment"])
    own_python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FTRACK_", "PYTHON", "XDG_"))}
    environment = {**kept, "HOME": str(home), "USERPROFILE": str(home)}
    output = ""
    for mode, requirement in (("required", str(wheel)), (EXTRAS, f"{wheel}[{EXTRAS}]")):
        run([own_python, "-m", "pip", "install", *PIP_OPTIONS, requirement])
        output = run([own_python, "-W", "error", SMOKE_TEST, mode], cwd=home, env=environment)
    return output.splitlines()[-1]


def run(command: list[str | Path], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run *command* and return its output. Exits with the output when it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
