"""A small Terraform core for tests of the servicer: the calls that Terraform makes, in its order, with its own rules checked.

core = Core(Provider(environ={}), url=server.url)
state = core.apply("onetimesecret_link", {"secret": "s3cret"})
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.protocol.values import UNKNOWN, Values, decode, encode
from terraform_provider_onetimesecret.provider import Provider

WRITE_ONLY = pb.ClientCapabilities(write_only_attributes_allowed=True)


@dataclass(frozen=True)
class Said:
    """One diagnostic."""

    severity: str
    summary: str
    detail: str
    attribute: str


class RunFailed(Exception):  # noqa: N818 - it says what happened
    """An RPC answered with an error."""

    def __init__(self, said: list[Said]) -> None:
        super().__init__(*said)
        self.said = said

    @property
    def text(self) -> str:
        return "\n".join(f"{one.summary}: {one.detail}" for one in self.said)


@dataclass
class Plan:
    """What PlanResourceChange answered."""

    state: Values | None
    replaced_by: list[str] = field(default_factory=list)


class Core:
    """Talks to one provider. `warnings` gathers what it warned of."""

    def __init__(self, provider: Provider, **config: Any) -> None:
        self.provider = provider
        self.warnings: list[Said] = []
        schema = provider.GetProviderSchema(pb.GetProviderSchema.Request())
        self._resources = schema.resource_schemas
        self._data_sources = schema.data_source_schemas
        self._provider = schema.provider
        if config:
            self.configure(**config)

    def validate_provider(self, **config: Any) -> None:
        request = pb.ValidateProviderConfig.Request(config=encode(_complete(self._provider, config)))
        self._heed(self.provider.ValidateProviderConfig(request))

    def configure(self, **config: Any) -> None:
        request = pb.ConfigureProvider.Request(config=encode(_complete(self._provider, config)))
        self._heed(self.provider.ConfigureProvider(request))

    def validate(self, kind: str, config: Values, capabilities: pb.ClientCapabilities = WRITE_ONLY) -> None:
        request = pb.ValidateResourceConfig.Request(
            type_name=kind, config=self._config(kind, config), client_capabilities=capabilities
        )
        self._heed(self.provider.ValidateResourceConfig(request))

    def plan(self, kind: str, config: Values | None, prior: Values | None = None) -> Plan:
        proposed = self._proposed(kind, config, prior)
        response = self.provider.PlanResourceChange(
            pb.PlanResourceChange.Request(
                type_name=kind,
                prior_state=encode(prior),
                proposed_new_state=encode(proposed),
                config=self._config(kind, config),
                client_capabilities=WRITE_ONLY,
            )
        )
        self._heed(response)
        planned = Plan(
            decode(response.planned_state), [path.steps[0].attribute_name for path in response.requires_replace]
        )
        self._check_plan(kind, config, planned.state)
        return planned

    def apply(self, kind: str, config: Values | None, prior: Values | None = None) -> Values | None:
        """Plan and apply; a replacement destroys first, as Terraform does by default."""
        planned = self.plan(kind, config, prior)
        if planned.replaced_by:
            self.apply(kind, None, prior)
            return self.apply(kind, config)
        response = self.provider.ApplyResourceChange(
            pb.ApplyResourceChange.Request(
                type_name=kind,
                prior_state=encode(prior),
                planned_state=encode(planned.state),
                config=self._config(kind, config),
            )
        )
        self._heed(response)
        state: Values | None = decode(response.new_state)
        for name, value in (planned.state or {}).items():
            assert value is UNKNOWN or (state is not None and state[name] == value), f"{name} is not as planned"
        return state

    def create(self, kind: str, **config: Any) -> Values:
        """Apply a new resource."""
        self.validate(kind, config)
        state = self.apply(kind, config)
        assert state is not None
        return state

    def destroy(self, kind: str, state: Values) -> None:
        assert self.apply(kind, None, state) is None

    def upgrade(self, kind: str, state: Values, version: int | None = None) -> Values:
        """Read a state that VERSION of the schema wrote, today's without."""
        raw = pb.UpgradeResourceState.Request(
            type_name=kind,
            version=self._resources[kind].version if version is None else version,
            raw_state=pb.RawState(json=json.dumps(state).encode()),
        )
        response = self.provider.UpgradeResourceState(raw)
        self._heed(response)
        upgraded: Values = decode(response.upgraded_state)
        return upgraded

    def refresh(self, kind: str, state: Values) -> Values | None:
        upgraded = self.upgrade(kind, state)
        response = self.provider.ReadResource(pb.ReadResource.Request(type_name=kind, current_state=encode(upgraded)))
        self._heed(response)
        new_state: Values | None = decode(response.new_state)
        return new_state

    def import_(self, kind: str, metadata_key: str = "", identity: Values | None = None) -> Values | None:
        data = pb.ResourceIdentityData(identity_data=encode(identity)) if identity else None
        response = self.provider.ImportResourceState(
            pb.ImportResourceState.Request(type_name=kind, id=metadata_key, identity=data)
        )
        self._heed(response)
        return self.refresh(kind, decode(response.imported_resources[0].state))

    def read(self, kind: str, **config: Any) -> Values:
        """Read a data source."""
        encoded = encode(_complete(self._data_sources[kind], config))
        self._heed(
            self.provider.ValidateDataResourceConfig(
                pb.ValidateDataResourceConfig.Request(type_name=kind, config=encoded)
            )
        )
        response = self.provider.ReadDataSource(pb.ReadDataSource.Request(type_name=kind, config=encoded))
        self._heed(response)
        state: Values = decode(response.state)
        return state

    def call(self, name: str, *arguments: Any) -> pb.CallFunction.Response:
        request = pb.CallFunction.Request(name=name, arguments=[encode(argument) for argument in arguments])
        return self.provider.CallFunction(request)

    def _config(self, kind: str, config: Values | None) -> pb.DynamicValue:
        return encode(None if config is None else _complete(self._resources[kind], config))

    def _proposed(self, kind: str, config: Values | None, prior: Values | None) -> Values | None:
        """Terraform's proposal: what is configured, else for computed attributes what was there."""
        if config is None:
            return None
        proposed = _complete(self._resources[kind], config)
        for attribute in self._resources[kind].block.attributes:
            if proposed[attribute.name] is None and attribute.computed:
                proposed[attribute.name] = prior[attribute.name] if prior else UNKNOWN
        return proposed

    def _check_plan(self, kind: str, config: Values | None, planned: Values | None) -> None:
        """Terraform refuses a plan that changes what was configured, or keeps what is write-only."""
        if config is None or planned is None:
            return
        for attribute in self._resources[kind].block.attributes:
            if attribute.write_only:
                assert planned[attribute.name] is None
            elif config.get(attribute.name) is not None:
                assert planned[attribute.name] == config[attribute.name], attribute.name

    def _heed(self, response: Any) -> None:
        said = [
            Said(
                "warning" if one.severity == pb.Diagnostic.WARNING else "error",
                one.summary,
                one.detail,
                ".".join(step.attribute_name for step in one.attribute.steps),
            )
            for one in response.diagnostics
        ]
        self.warnings += [one for one in said if one.severity == "warning"]
        if errors := [one for one in said if one.severity == "error"]:
            raise RunFailed(errors)


def _complete(schema: pb.Schema, config: Values) -> Values:
    names = [attribute.name for attribute in schema.block.attributes]
    assert set(config) <= set(names), f"no such attribute: {set(config) - set(names)}"
    return {name: config.get(name) for name in names}
