"""The provider: one method for each RPC of plugin protocol 6, under the protocol's name. It knows nothing of gRPC."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from .connection import Connection
from .data_sources import DATA_SOURCES, DataSource
from .diagnostics import Problem, ProblemError, attribute_path, messages
from .functions import FUNCTIONS
from .link import RESOURCES, LinkResource, Now, utc_now
from .onetime.defects import place_of
from .onetime.errors import InvalidInput
from .plan import plan
from .protocol import tfplugin6_pb2 as pb
from .protocol.values import Values, decode, encode
from .schema import STRING, encode_type
from .settings import SCHEMA, read_settings, unknown_settings

RPCS = pb.DESCRIPTOR.services_by_name["Provider"].methods_by_name

_Method = TypeVar("_Method", bound=Callable[..., Message])


def rpc(method: _Method) -> _Method:
    """Answer whatever happens: Terraform would wait for ever for a reply that does not come.

    Of an unexpected error only its place is told, because its text may hold a secret.
    """
    response_type = GetMessageClass(RPCS[method.__name__].output_type)

    @functools.wraps(method)
    def answered(self: Provider, request: Message) -> Message:
        try:
            return method(self, request)
        except ProblemError as error:
            problems = error.problems
        except Exception as error:  # noqa: BLE001
            problems = (_defect(error),)
        return _failed(response_type(), request, problems)

    return answered  # type: ignore[return-value]


class Provider:
    """What Terraform talks to.

    environ: where the settings come from that the provider block lacks. now: the clock, in UTC.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, now: Now = utc_now) -> None:
        self._environ = environ
        self._stopped = threading.Event()
        self._connection: Connection | None = None
        self._not_configured = Problem("The provider is not configured")
        self._resources = {name: resource(now) for name, resource in RESOURCES.items()}

    # What there is

    @rpc
    def GetMetadata(self, _request: pb.GetMetadata.Request) -> pb.GetMetadata.Response:
        return pb.GetMetadata.Response(
            server_capabilities=_capabilities(),
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in self._resources],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in DATA_SOURCES],
            functions=[pb.GetMetadata.FunctionMetadata(name=name) for name in FUNCTIONS],
        )

    @rpc
    def GetProviderSchema(self, _request: pb.GetProviderSchema.Request) -> pb.GetProviderSchema.Response:
        return pb.GetProviderSchema.Response(
            provider=SCHEMA.message(),
            resource_schemas={name: resource.lifecycle.message() for name, resource in self._resources.items()},
            data_source_schemas={name: source.schema.message() for name, source in DATA_SOURCES.items()},
            functions={name: function.message() for name, function in FUNCTIONS.items()},
            server_capabilities=_capabilities(),
        )

    @rpc
    def GetResourceIdentitySchemas(
        self, _request: pb.GetResourceIdentitySchemas.Request
    ) -> pb.GetResourceIdentitySchemas.Response:
        key = pb.ResourceIdentitySchema.IdentityAttribute(
            name="metadata_key",
            type=encode_type(STRING),
            required_for_import=True,
            description="The creator's key of the link.",
        )
        schema = pb.ResourceIdentitySchema(identity_attributes=[key])
        return pb.GetResourceIdentitySchemas.Response(identity_schemas=dict.fromkeys(self._resources, schema))

    @rpc
    def GetFunctions(self, _request: pb.GetFunctions.Request) -> pb.GetFunctions.Response:
        return pb.GetFunctions.Response(functions={name: function.message() for name, function in FUNCTIONS.items()})

    # The provider itself

    @rpc
    def ValidateProviderConfig(self, request: pb.ValidateProviderConfig.Request) -> pb.ValidateProviderConfig.Response:
        # What is missing is judged when the provider is configured: the environment of that run may have it.
        problems = SCHEMA.problems(decode(request.config))
        return pb.ValidateProviderConfig.Response(diagnostics=messages(problems))

    @rpc
    def ConfigureProvider(self, request: pb.ConfigureProvider.Request) -> pb.ConfigureProvider.Response:
        config = decode(request.config)
        if unknown := unknown_settings(config):
            names = " and ".join(unknown)
            detail = f"The values of {names} are known only after another resource is applied; apply that first, with -target."
            self._not_configured = Problem("The provider cannot ask the server yet", detail)
            return pb.ConfigureProvider.Response()
        settings, problems = read_settings(config, self._environ)
        if settings:
            self._connection = Connection(settings, self._stopped)
        return pb.ConfigureProvider.Response(diagnostics=messages(problems))

    @rpc
    def StopProvider(self, _request: pb.StopProvider.Request) -> pb.StopProvider.Response:
        self._stopped.set()
        return pb.StopProvider.Response()

    # Resources

    @rpc
    def ValidateResourceConfig(self, request: pb.ValidateResourceConfig.Request) -> pb.ValidateResourceConfig.Response:
        allowed = request.client_capabilities.write_only_attributes_allowed
        problems = self._resource(request).validate(decode(request.config), write_only_allowed=allowed)
        return pb.ValidateResourceConfig.Response(diagnostics=messages(problems))

    @rpc
    def UpgradeResourceState(self, request: pb.UpgradeResourceState.Request) -> pb.UpgradeResourceState.Response:
        state = self._resource(request).lifecycle.upgraded(json.loads(request.raw_state.json), request.version)
        return pb.UpgradeResourceState.Response(upgraded_state=encode(state))

    @rpc
    def UpgradeResourceIdentity(
        self, request: pb.UpgradeResourceIdentity.Request
    ) -> pb.UpgradeResourceIdentity.Response:
        return pb.UpgradeResourceIdentity.Response(upgraded_identity=_identity(json.loads(request.raw_identity.json)))

    @rpc
    def ReadResource(self, request: pb.ReadResource.Request) -> pb.ReadResource.Response:
        state = decode(request.current_state)
        new_state, problems = self._resource(request).refresh(self._connected(), state)
        return pb.ReadResource.Response(
            new_state=encode(new_state), diagnostics=messages(problems), new_identity=_identity(state)
        )

    @rpc
    def PlanResourceChange(self, request: pb.PlanResourceChange.Request) -> pb.PlanResourceChange.Response:
        resource, prior = self._resource(request), decode(request.prior_state)
        proposed = decode(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(
                planned_state=request.proposed_new_state, diagnostics=messages(resource.not_burnable(prior))
            )
        config = decode(request.config)
        planned = plan(resource.lifecycle, prior, config, proposed)
        return pb.PlanResourceChange.Response(
            planned_state=encode(planned.state),
            requires_replace=[attribute_path(name) for name in planned.replaced_by],
            diagnostics=messages(resource.missing(config) if prior is None else []),
            planned_identity=request.prior_identity if prior else None,
        )

    @rpc
    def ApplyResourceChange(self, request: pb.ApplyResourceChange.Request) -> pb.ApplyResourceChange.Response:
        resource, prior = self._resource(request), decode(request.prior_state)
        planned = decode(request.planned_state)
        if planned is None:
            problems = resource.burn(self._connected(), prior)
            return pb.ApplyResourceChange.Response(new_state=request.planned_state, diagnostics=messages(problems))
        problems = []
        if prior is None:
            planned, problems = self._make(resource, decode(request.config), planned)
        return pb.ApplyResourceChange.Response(
            new_state=encode(planned), diagnostics=messages(problems), new_identity=_identity(planned)
        )

    @rpc
    def ImportResourceState(self, request: pb.ImportResourceState.Request) -> pb.ImportResourceState.Response:
        identity = decode(request.identity.identity_data) or {}
        state = self._resource(request).imported(request.id or identity.get("metadata_key", ""))
        imported = pb.ImportResourceState.ImportedResource(
            type_name=request.type_name, state=encode(state), identity=_identity(state)
        )
        return pb.ImportResourceState.Response(imported_resources=[imported])

    # Data sources and functions

    @rpc
    def ValidateDataResourceConfig(
        self, request: pb.ValidateDataResourceConfig.Request
    ) -> pb.ValidateDataResourceConfig.Response:
        problems = self._data_source(request).schema.problems(decode(request.config))
        return pb.ValidateDataResourceConfig.Response(diagnostics=messages(problems))

    @rpc
    def ReadDataSource(self, request: pb.ReadDataSource.Request) -> pb.ReadDataSource.Response:
        state = self._data_source(request).state(self._connected(), decode(request.config))
        return pb.ReadDataSource.Response(state=encode(state))

    @rpc
    def CallFunction(self, request: pb.CallFunction.Request) -> pb.CallFunction.Response:
        function = FUNCTIONS[request.name]
        try:
            result = function.call(self._environ, *map(decode, request.arguments))
        except InvalidInput as error:
            wrong = pb.FunctionError(text=str(error), function_argument=function.position(error.field))
            return pb.CallFunction.Response(error=wrong)
        return pb.CallFunction.Response(result=encode(result))

    def _resource(self, request: Any) -> LinkResource:
        return self._resources[request.type_name]

    def _data_source(self, request: Any) -> DataSource:
        return DATA_SOURCES[request.type_name]

    def _connected(self) -> Connection:
        if self._connection is None:
            raise ProblemError(self._not_configured)
        return self._connection

    def _make(self, resource: LinkResource, config: Values, planned: Values) -> tuple[Values, list[Problem]]:
        """Make a link, and return its state. Checked again, because what was unknown in the plan is known now."""
        problems = [*resource.validate(config, write_only_allowed=True), *resource.missing(config)]
        if problems:
            raise ProblemError(*problems)
        known, warnings = resource.issue(self._connected(), config)
        return resource.lifecycle.schema.complete({**planned, **known}), warnings


def _capabilities() -> pb.ServerCapabilities:
    return pb.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)


def _identity(values: Values) -> pb.ResourceIdentityData:
    return pb.ResourceIdentityData(identity_data=encode({"metadata_key": values["metadata_key"]}))


def _failed(response: Message, request: Message, problems: tuple[Problem, ...]) -> Message:
    answer: Any = response
    fields = response.DESCRIPTOR.fields_by_name
    if "diagnostics" in fields:
        answer.diagnostics.extend(messages(problems))
    elif "error" in fields:
        answer.error.text = problems[0].summary
    if isinstance(request, pb.ApplyResourceChange.Request):
        answer.new_state.CopyFrom(request.prior_state)  # what was there is there still
        answer.new_identity.CopyFrom(request.planned_identity)
    return response


def _defect(error: Exception) -> Problem:
    place = place_of(error)
    sys.stderr.write(f"[ERROR] terraform-provider-onetimesecret: {place}\n")
    return Problem("The provider has a defect", f"Please report it, with this place: {place}.")
