"""A real Slurm of one node: munge, slurmctld and slurmd on loopback, started without systemd, for root in a test."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")


def missing() -> str:
    """Why it cannot be started here; empty if it can."""
    gone = [name for name in PROGRAMS if not shutil.which(name, path=_path())]
    if gone:
        return f"{', '.join(gone)} not installed (Debian: slurm-wlm)"
    return "" if os.getuid() == 0 else "slurmd starts jobs as root only"


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class OneNodeSlurm:
    """Two partitions: jobs of `high` preempt those of `low`, which are requeued."""

    def __init__(self, folder: Path, cpus: int) -> None:
        self.folder, self.host = folder, socket.gethostname()
        self.conf = folder / "slurm.conf"
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True)
        (folder / "munge").mkdir(mode=0o755)
        self.conf.write_text(self._settings(cpus))

    def _settings(self, cpus: int) -> str:
        at = self.folder
        return f"""\
ClusterName=one
SlurmctldHost={self.host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={at}/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool
SlurmctldPidFile={at}/slurmctld.pid
SlurmdPidFile={at}/slurmd.pid
SlurmctldLogFile={at}/slurmctld.log
SlurmdLogFile={at}/slurmd.log
SlurmctldPort={_free_port()}
SlurmdPort={_free_port()}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
KillWait=2
MinJobAge=10
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
NodeName={self.host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10
"""

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which Slurm's commands find it."""
        return {"SLURM_CONF": str(self.conf), "PATH": _path()}

    def start(self) -> None:
        """Start the three and wait until the node takes jobs. Raises `RuntimeError` with the log if it does not."""
        munge, key = self.folder / "munge", self.folder / "munge" / "key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        names = {
            "key": key,
            "socket": munge / "socket",
            "pid": munge / "pid",
            "log": munge / "log",
            "seed": munge / "seed",
        }
        options = [f"--{name}-file={path}" for name, path in names.items() if name != "socket"]
        self._run("munged", "--force", f"--socket={names['socket']}", *options)
        self._run("slurmctld", "-f", str(self.conf))
        self._run("slurmd", "-f", str(self.conf))
        end = time.monotonic() + 60
        while "idle" not in self("sinfo", "-h", "-o", "%T"):
            if time.monotonic() > end:
                raise RuntimeError((self.folder / "slurmctld.log").read_text()[-2000:])
            time.sleep(0.5)

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, env={**os.environ, **self.environment}, capture_output=True
        )

    def __call__(self, *command: str) -> str:
        """A command of Slurm and what it prints; it may fail while the controller starts."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    def stop(self) -> None:
        """End jobs and daemons."""
        self("scancel", "--me", "--signal=KILL")
        self("scancel", "--me")
        for file in (
            self.folder / "slurmd.pid",
            self.folder / "slurmctld.pid",
            self.folder / "munge" / "pid",
        ):
            if file.is_file():
                os.kill(int(file.read_text()), signal.SIGTERM)
