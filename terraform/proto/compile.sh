#!/usr/bin/env bash
# Compile tfplugin6.proto. By an old protoc, because its output runs with every protobuf from 4.25 on.
set -euo pipefail
cd "$(dirname "$0")"

into=../src/terraform_provider_onetimesecret/protocol
uvx --quiet --python 3.11 --from grpcio-tools==1.62.3 --with 'setuptools<81' \
    python -m grpc_tools.protoc --proto_path=. --python_out=$into --pyi_out=$into tfplugin6.proto
licence='# Copyright (c) HashiCorp, Inc.\n# SPDX-License-Identifier: MPL-2.0'
sed -i "1i $licence" $into/tfplugin6_pb2.py
sed -i "1i $licence\n# mypy: disable-error-code=\"type-arg,no-untyped-def\"" $into/tfplugin6_pb2.pyi
