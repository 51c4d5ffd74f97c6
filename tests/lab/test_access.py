"""Off loopback every port requires the cluster's token; only the dial answers without one, and reveals nothing."""

import json

import pytest

from tests.lab.harness.observing import http_request

MANAGER_PATHS = ["/v1/nodes", "/v1/workloads", "/v1/events", "/v1/status", "/v1/instances", "/metrics", "/"]
AGENT_PATHS = ["/v1/status", "/v1/logs", "/v1/instances", "/metrics", "/"]


WRONG_TOKENS = pytest.mark.parametrize("token", [None, "wrong", "0" * 64], ids=["no token", "a wrong one", "one of the right length"])


@WRONG_TOKENS
@pytest.mark.parametrize("path", MANAGER_PATHS)
def test_the_managers_port_requires_the_token(lab_keeper, path, token):
    status, _ = lab_keeper.any_lab().manager.request("GET", path, token=token)
    assert status == 401


@WRONG_TOKENS
@pytest.mark.parametrize("path", AGENT_PATHS)
def test_an_agents_port_requires_the_token(lab_keeper, path, token):
    lab = lab_keeper.any_lab()
    status, _ = http_request(lab.address("node1"), 7701, "GET", path, None, token, 5)
    assert status == 401


def test_with_the_token_both_ports_answer(lab_keeper):
    lab = lab_keeper.any_lab()
    assert lab.manager.request("GET", "/v1/status")[0] == 200
    assert http_request(lab.address("node1"), 7701, "GET", "/v1/status", None, lab.manager.token, 5)[0] == 200


def test_the_dial_answers_anyone_and_reveals_nothing(lab_keeper):
    lab = lab_keeper.any_lab()
    status, reported = http_request(lab.address("node1"), 7701, "GET", "/v1/dial", None, None, 5)
    assert status in (200, 204)
    assert len(json.dumps(reported)) < 200 and "node1" not in json.dumps(reported), reported


def test_nothing_is_changed_without_the_token(lab_keeper):
    lab = lab_keeper.any_lab()
    for method, path in (("POST", "/v1/workloads"), ("DELETE", "/v1/workloads/x"), ("PUT", "/v1/workloads/x"), ("PUT", "/v1/content/x")):
        status, _ = lab.manager.request(method, path, body={}, token=None)
        assert status == 401, f"{method} {path}: {status}"


def test_the_cli_without_the_token_says_what_is_missing(lab_keeper, tmp_path):
    lab = lab_keeper.any_lab()
    wrong = tmp_path / "token"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    said = lab.manager.cli("--token-file", str(wrong), "node", "list")
    assert said.returncode != 0 and "token" in said.stderr, said

