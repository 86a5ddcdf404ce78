"""One server for one folder, which its death sets free."""

import subprocess

from support.platform import BIN


def second(platform) -> subprocess.CompletedProcess:
    return subprocess.run(
        [BIN / "gyre", "serve", "--data", platform.data, "--listen", "127.0.0.1:0"],
        text=True, capture_output=True, timeout=60)


def test_a_second_server_on_the_same_folder_is_refused(new_platform):
    platform = new_platform().start()
    ended = second(platform)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"is in use by another gyre serve (process {platform.process.pid})" in ended.stderr
    platform.client("s3").create_bucket(Bucket="still-here")
    platform.kill()
    platform.start()  # no lock is left behind
    platform.client("s3").head_bucket(Bucket="still-here")
