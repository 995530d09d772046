"""The package as `make package` writes it, built for this machine and deployed once for all tests of this room."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.package import build, wheels
from infra.package.build import Package
from infra.package.deploy import Deployment, Plan
from tests.package.caller import Caller
from tests.package.cloud import Cloud

STAGE = "e2e"
SENDER = "care@hotel.example"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package for this machine; processes that test side by side share one."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "package"
    folder.mkdir(exist_ok=True)
    target = wheels.here()
    mine = folder / target.architecture
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mine.exists():
            return Package(target, mine, json.loads((mine / "manifest.json").read_text(encoding="utf-8")))
        build.write_templates(folder)
        mine.mkdir()
        try:
            return build.build(target, mine)
        except BaseException:
            shutil.rmtree(mine)  # half a package is none
            raise


@pytest.fixture(scope="session")
def unpacked(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Both zips unpacked."""
    found = {}
    for name, path in package.zips.items():
        found[name] = tmp_path_factory.mktemp(name)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(found[name])
    yield found
    for folder in found.values():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local AWS with nothing in it."""
    one = Cloud(tmp_path_factory.mktemp("cloud"))
    try:
        one.wait()
        yield one
    finally:
        one.stop()


@dataclass(frozen=True)
class Installation:
    """What was deployed."""

    cloud: Cloud
    plan: Plan
    url: str
    operator_key: str

    def client(self, service: str) -> Any:
        """A client of the local AWS."""
        return self.cloud.session.client(service)

    def caller(self, token: str = "") -> Caller:
        """Somebody who asks the API."""
        return Caller(self.url, token)


@pytest.fixture(scope="session")
def installation(package: Package, cloud: Cloud) -> Installation:
    """The package, deployed by the same code that deploys it into an account."""
    # The step that no template can do: somebody has to prove that the address is theirs.
    cloud.session.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    plan = Plan(
        stage=STAGE,
        folder=package.folder.parent,
        architecture=package.target.architecture,
        parameters={"MailSender": SENDER},
        data_parameters={"Backup": "no"},  # the local AWS has no backup selections
        smoke_url=f"{cloud.url}/_aws/execute-api/{{ApiId}}/api",
    )
    outputs = Deployment(cloud.session, plan, pause_s=0.1).run()
    key = cloud.session.client("secretsmanager").get_secret_value(SecretId=f"hospes/{STAGE}/operator")["SecretString"]
    return Installation(cloud, plan, plan.smoke_url.format(**outputs), str(key))


@pytest.fixture
def broken(installation: Installation, package: Package, tmp_path: Path) -> Plan:
    """A plan of the same package with a front door that cannot be imported."""
    folder = tmp_path / "broken"
    shutil.copytree(package.folder.parent, folder)
    mine = folder / package.target.architecture
    content = build.zip_of({"app.py": b"raise RuntimeError('this was deployed by mistake')\n"})
    (mine / "api.zip").write_bytes(content)
    manifest = json.loads((mine / "manifest.json").read_text())
    manifest["zips"]["api"]["sha256"] = hashlib.sha256(content).hexdigest()
    (mine / "manifest.json").write_text(json.dumps(manifest))
    return replace(installation.plan, folder=folder)
