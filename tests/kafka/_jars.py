"""Apache Kafka as Maven has it: fetched once, kept in ``.venv``."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

JAVA = 17
"""The oldest Java that a broker of Kafka 4 runs on."""

_POM = Path(__file__).with_name("pom.xml")
_KEPT = Path(__file__).parents[2] / ".venv"


def jars() -> Path:
    """
    Return the folder of the broker's jars, which is filled by Maven when there is none yet.

    Raises:
        RuntimeError: Java or Maven is missing or too old, or Maven could not fetch them.
    """
    _check_java()
    folder = _KEPT / f"kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        _fetch(folder)
    return folder


def _check_java() -> None:
    if shutil.which("java") is None:
        msg = f"a Kafka broker needs Java {JAVA}: install a JRE, so that `java` is found"
        raise RuntimeError(msg)
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JAVA:
        msg = f"a Kafka broker needs Java {JAVA} or later, and `java -version` says: {said.strip()}"
        raise RuntimeError(msg)


def _fetch(folder: Path) -> None:
    if shutil.which("mvn") is None:
        msg = "the jars of the Kafka broker come by Maven: install it, so that `mvn` is found"
        raise RuntimeError(msg)
    with tempfile.TemporaryDirectory(dir=_KEPT) as unfinished:
        pom = shutil.copy(_POM, unfinished)  # Maven writes beside it
        command = ["mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "-f", pom]
        command += ["dependency:copy-dependencies", "-DoutputDirectory=jars"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            msg = f"Maven could not fetch the Kafka broker:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)
        Path(unfinished, "jars").rename(folder)
