"""TorchServe's faces over https, TLS for gRPC, and sockets in the file system."""

import json
import re
import socket
import subprocess

import pytest
import requests

from support.platform import OFFLINE, ROOT
from support.torchserve import TorchServe, archive

TRITON = ROOT / ".deps" / "venv-triton" / "bin" / "python"
ECHO = '''
def handle(data, context):
    if data is None:
        return
    return [bytes(row["body"]) for row in data]
'''


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "9",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return folder


def test_https_and_grpc_with_a_certificate_of_ones_own(tmp_path, certificate):
    config = (f"inference_address=https://127.0.0.1:0\nenable_grpc_ssl=true\n"
              f"certificate_file={certificate}/cert.pem\nprivate_key_file={certificate}/key.pem\n")
    with TorchServe(tmp_path, config) as server:
        archive(server.store, "echo", ECHO)
        assert server.inference.startswith("https://") and server.management.startswith("http://")
        assert server.register("echo.mar").status_code == 200
        answer = requests.post(f"{server.inference}/predictions/echo", data=b"hello", timeout=60,
                               verify=str(certificate / "cert.pem"))
        assert answer.content == b"hello"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{server.inference}/ping", timeout=30)
        plain = server.inference.replace("https://", "http://")
        assert requests.get(f"{plain}/ping", timeout=30).status_code == 400
        address = re.findall(r"gRPC of=inference address=(\S+)", (tmp_path / "log").read_text())[-1]
        ended = subprocess.run([TRITON, "-c", f"""
import grpc
trust = grpc.ssl_channel_credentials(open({str(certificate / 'cert.pem')!r}, "rb").read())
channel = grpc.secure_channel({address!r}, trust)
ping = channel.unary_unary("/org.pytorch.serve.grpc.inference.InferenceAPIsService/Ping")
assert b"Healthy" in ping(b"", timeout=30)
plain = grpc.insecure_channel({address!r}).unary_unary("/grpc.health.v1.Health/Check")
try:
    plain(b"", timeout=5)
except grpc.RpcError as error:
    print(error.code().name)
"""], text=True, capture_output=True, timeout=60, env={"PYTHONPATH": OFFLINE})
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.strip() in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), ended.stdout


def test_a_certificate_is_made_where_none_is_named(tmp_path):
    with TorchServe(tmp_path, "inference_address=https://127.0.0.1:0\n") as server:
        with pytest.warns(Warning):
            ping = requests.get(f"{server.inference}/ping", timeout=30, verify=False)
        assert ping.json()["status"] == "Healthy"


@pytest.mark.parametrize("legacy", [[], ["-legacy"]])  # as Javas before 17 make them
def test_a_java_key_store(tmp_path, certificate, legacy):
    subprocess.run(["openssl", "pkcs12", "-export", *legacy, "-in", certificate / "cert.pem", "-inkey",
                    certificate / "key.pem", "-out", tmp_path / "keystore.p12", "-passout",
                    "pass:changeit"], check=True, capture_output=True)
    config = f"inference_address=https://127.0.0.1:0\nkeystore={tmp_path}/keystore.p12\n"
    with TorchServe(tmp_path, config + "keystore_pass=changeit\nkeystore_type=PKCS12\n") as server:
        ping = requests.get(f"{server.inference}/ping", timeout=30, verify=str(certificate / "cert.pem"))
        assert ping.json() == {"status": "Healthy"}
    with pytest.raises(RuntimeError, match="the key store cannot be read"):
        TorchServe(tmp_path, config + "keystore_pass=another\n").__enter__()
    with pytest.raises(RuntimeError, match="importkeystore"):
        TorchServe(tmp_path, config + "keystore_type=JKS\n").__enter__()


def test_a_socket_in_the_file_system(tmp_path):
    path = tmp_path / "s"
    with TorchServe(tmp_path, f"inference_address=unix:{path}\n") as server:
        assert server.inference == f"unix:{path}"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b""
            while part := client.recv(4096):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b" 200 " in head and json.loads(body)["status"] == "Healthy"
