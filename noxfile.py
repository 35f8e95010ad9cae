"""The checks as nox sessions, for several versions of Python: `nox -l` lists them, `nox -s tests-3.13` runs one."""

from __future__ import annotations

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
DEFAULT_PYTHON = "3.11"

nox.options.sessions = ["lint", "types", "tests", "docs"]
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=PYTHONS)
def compatibility(session: nox.Session) -> None:
    """Run the tests whose result may depend on the version of Python, without property tests.

    From Python 3.12 on with coverage, which costs little there and doubles the time before.
    """
    session.install("-e", ".[test]")
    others = [f"--ignore=tests/{folder}" for folder in ("benchmarks", "conformance", "interop", "stateful", "typing")]
    coverage = [] if session.python in ("3.10", "3.11") else ["--cov"]
    # Fuzzers take few examples here; all of them are tried with the first version.
    environment = {"CI": "false", "COVERAGE_CORE": "sysmon"}
    session.run("python", "-m", "pytest", "-m", "not hypothesis", *others, *coverage, *session.posargs, env=environment)


@nox.session(python=DEFAULT_PYTHON)
def lint(session: nox.Session) -> None:
    """Check lint, format and the changelog fragments."""
    session.install("ruff>=0.5", "towncrier>=24.8")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("towncrier", "build", "--draft", "--version", "next")


@nox.session(python=PYTHONS)
def types(session: nox.Session) -> None:
    """Check the types of package, benchmarks and tests."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "mypy", "--python-version", str(session.python))


@nox.session(python=DEFAULT_PYTHON)
def docs(session: nox.Session) -> None:
    """Run the examples of the documentation and build it; a warning is a failure."""
    session.install("-e", ".[test,docs]")
    names = ("documentation", "public_surface", "reference")
    session.run("python", "-m", "pytest", *(f"tests/test_{name}.py" for name in names))
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "build/docs")


@nox.session(python=DEFAULT_PYTHON)
def interop(session: nox.Session) -> None:
    """Run the official clients against the embedded server, and pyright. Needs Node and Chromium."""
    session.run("npm", "ci", "--prefix", "tests/interop/javascript", external=True)
    session.run("npm", "ci", "--prefix", "tests/typing", external=True)
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "tests/interop", "tests/typing", env={"CI": "true"})


@nox.session(python=DEFAULT_PYTHON)
def distributions(session: nox.Session) -> None:
    """Build wheel and sdist, and try the wheel in clean environments of all versions that are installed."""
    session.install("build>=1.0")
    session.run("python", "-m", "tests.packaging.distributions")
