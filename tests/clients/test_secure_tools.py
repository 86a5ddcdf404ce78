"""Tools that their pages show over http, over https."""

import os
import pathlib
import subprocess
import sys

import pytest

from support.platform import ROOT

S3FS = ROOT / ".deps" / "venv-s3fs" / "bin"


@pytest.fixture
def tool(gyre, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "small").write_bytes(b"small")
    (tmp_path / "in" / "large").write_bytes(os.urandom(11_000_000))

    def run(script: str, language: str = "bash") -> str:
        command = (["bash", "-euo", "pipefail", "-c", script] if language == "bash"
                   else [S3FS / "python", "-c", script])
        path = f"{S3FS}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        url = gyre.url.replace("http://", "https://")
        ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=120,
                               env={**gyre.environ(), "PATH": path, "HOME": str(tmp_path),
                                    "AWS_ENDPOINT_URL": url})
        assert ended.returncode == 0, ended.stdout + ended.stderr + gyre.log()[-4000:]
        return ended.stdout

    return run


def test_aws_cli(tool):
    tool("""
aws s3 mb s3://cli-https
aws s3 sync in s3://cli-https/in
aws s3 sync s3://cli-https/in out
diff -r in out
curl --silent --fail --cacert "$AWS_CA_BUNDLE" --output got "$(aws s3 presign s3://cli-https/in/small)"
cmp got in/small
aws sts get-caller-identity
""")


def test_rclone(tool):
    tool("""
export RCLONE_S3_PROVIDER=Other RCLONE_S3_ENV_AUTH=true RCLONE_S3_ENDPOINT=$AWS_ENDPOINT_URL
export RCLONE_CA_CERT=$AWS_CA_BUNDLE RCLONE_S3_UPLOAD_CUTOFF=5M
unset AWS_CA_BUNDLE
rclone copy in :s3:rclone-https/in
rclone check --download in :s3:rclone-https/in
""")


def test_s3cmd(tool):
    tool("""
address=${AWS_ENDPOINT_URL#https://}
touch empty
s3cmd() {
    command s3cmd --config empty --access_key="$AWS_ACCESS_KEY_ID" --no-progress --ssl \\
        --secret_key="$AWS_SECRET_ACCESS_KEY" --ca-certs="$AWS_CA_BUNDLE" --host="$address" \\
        --host-bucket="$address" "$@"
}
s3cmd mb s3://s3cmd-https
s3cmd put --recursive --multipart-chunk-size-mb=5 in s3://s3cmd-https/
mkdir out
s3cmd get --recursive s3://s3cmd-https/in/ out/
diff -r in out
""")


def test_minio_py(tool):
    tool("""
import io, os, urllib3
from minio import Minio
client = Minio(os.environ["AWS_ENDPOINT_URL"].removeprefix("https://"),
               access_key=os.environ["AWS_ACCESS_KEY_ID"],
               secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
               http_client=urllib3.PoolManager(ca_certs=os.environ["AWS_CA_BUNDLE"]))
client.make_bucket("minio-https")
data = open("in/large", "rb").read()
client.put_object("minio-https", "large", io.BytesIO(data), -1, part_size=5 << 20)
assert client.get_object("minio-https", "large").read() == data
""", "python")


def test_pandas_and_arrow(tool):
    tool("""
import os
import pandas, pyarrow.fs, s3fs
frame = pandas.DataFrame({"a": range(1000)})
files = s3fs.S3FileSystem()
files.mkdir("pandas-https")
frame.to_csv("s3://pandas-https/a.csv", index=False)
assert pandas.read_csv("s3://pandas-https/a.csv").equals(frame)
frame.to_parquet("pandas-https/a.parquet", filesystem=files)
assert pandas.read_parquet("pandas-https/a.parquet", filesystem=files).equals(frame)
arrow = pyarrow.fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"],
                                tls_ca_file_path=os.environ["AWS_CA_BUNDLE"])
with arrow.open_output_stream("pandas-https/stream") as out:
    out.write(open("in/large", "rb").read())
with arrow.open_input_file("pandas-https/stream") as file:
    assert file.read() == open("in/large", "rb").read()
""", "python")
