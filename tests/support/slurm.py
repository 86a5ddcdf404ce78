"""A Slurm cluster of a test's own on this machine: munged, slurmctld and several slurmd, each a node,
in a temporary folder, on free ports, ended by their process ids.

    python3 tests/support/slurm.py --nodes 3     # brings one up until Ctrl-C, and says how to use it
"""

import argparse
import contextlib
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NODES = 3


def free_ports(count: int) -> list[int]:
    """Below those that the system gives to clients, one of which would take a port before its server does."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    with contextlib.ExitStack() as probes:
        ports = []
        for port in random.sample(range(10_000, max(lowest, 20_000)), 1000):
            probe = probes.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise RuntimeError("no ports are free")


class Slurm:
    def __init__(self, nodes: int = NODES):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gyre-slurm-"))
        self.folder.chmod(0o755)  # munged wants its folders so
        self.nodes = [f"node{i}" for i in range(1, nodes + 1)]
        self.processes: list[subprocess.Popen] = []
        self.config = self.folder / "slurm.conf"
        self._write_config()

    def _write_config(self) -> None:
        host = socket.gethostname().split(".")[0]
        ports = free_ports(1 + len(self.nodes))
        user = subprocess.run(["id", "-un"], capture_output=True, text=True,
                              check=True).stdout.strip()
        lines = [
            "ClusterName=gyre",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={ports.pop()}",
            f"SlurmUser={user}",
            f"SlurmdUser={user}",
            f"AuthInfo=socket={self.folder}/munge.socket",
            "AuthType=auth/munge",
            "CredType=cred/munge",
            "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none",
            "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none",
            "MpiDefault=none",
            "ReturnToService=2",
            "SchedulerType=sched/backfill",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_CPU",
            "SlurmdParameters=config_overrides",
            "KillWait=5",
            "MessageTimeout=30",
            "UnkillableStepTimeout=60",
            f"StateSaveLocation={self.folder}/state",
            f"SlurmdSpoolDir={self.folder}/spool.%n",
            f"SlurmctldPidFile={self.folder}/slurmctld.pid",
            f"SlurmdPidFile={self.folder}/slurmd.%n.pid",
            f"SlurmctldLogFile={self.folder}/slurmctld.log",
            f"SlurmdLogFile={self.folder}/slurmd.%n.log",
        ]
        for node in self.nodes:
            lines.append(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 "
                         f"Port={ports.pop()} CPUs=2 State=UNKNOWN")
        lines.append(f"PartitionName=all Nodes={','.join(self.nodes)} Default=YES "
                     "MaxTime=INFINITE State=UP")
        self.config.write_text("\n".join(lines) + "\n")

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's programs find the cluster by."""
        return {"SLURM_CONF": str(self.config)}

    def _start(self, *command) -> None:
        with open(self.folder / "programs.log", "ab") as log:
            self.processes.append(subprocess.Popen(
                list(map(str, command)), env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def start(self) -> "Slurm":
        for name in ["state", *(f"spool.{node}" for node in self.nodes)]:
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self._start("munged", "--foreground", "--force", f"--key-file={key}",
                    f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                    f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munge.seed")
        self._until(lambda: (self.folder / "munge.socket").exists(), "munged")
        self._start("slurmctld", "-D", "-f", self.config)
        for node in self.nodes:
            self._start("slurmd", "-D", "-N", node, "-f", self.config)
        self._until(lambda: self.run("sinfo", "-h", "-t", "idle", "-o", "%D",
                                     check=False).strip() == str(len(self.nodes)), "the nodes")
        return self

    def _until(self, ready, what: str) -> None:
        deadline = time.monotonic() + 180
        while not ready():
            ended = [process.args for process in self.processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"{what} did not come up ({ended})\n" + self.log())
            time.sleep(0.1)

    def log(self) -> str:
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-3000:]}"
                         for file in sorted(self.folder.glob("*.log")))

    def run(self, *command, check: bool = True) -> str:
        return subprocess.run(command, env={**os.environ, **self.environment}, text=True,
                              capture_output=True, check=check, timeout=120).stdout

    def jobs(self) -> list[tuple[str, str, str]]:
        """(name, state, node) of each."""
        lines = self.run("squeue", "-h", "-o", "%j|%T|%N").splitlines()
        return [tuple(line.split("|")) for line in lines]

    def stop(self) -> None:
        if self.processes:
            self.run("scancel", "--state=RUNNING", "--quiet", check=False)
            self.run("scancel", "--state=PENDING", "--quiet", check=False)
        for process in reversed(self.processes):  # munged last: the others say goodbye by it
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Brings up a Slurm cluster on this machine.")
    parser.add_argument("--nodes", type=int, default=NODES)
    cluster = Slurm(parser.parse_args().nodes)
    try:
        cluster.start()
        print(f"export SLURM_CONF={cluster.config}\nCtrl-C ends it.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    finally:
        cluster.remove()
