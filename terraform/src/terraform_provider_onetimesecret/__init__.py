"""A Terraform provider for Onetime Secret. Start at `provider.Provider`, which answers all that Terraform asks.

schema.py, link_schema.py …   what there is, once: the protocol's schema, the documentation and validation come from it
plan.py                       what a change of the configuration means for a link; pure
link.py, data_sources.py      what is done about it, by the v1 client in `onetime` (the same as the Ansible collection's)
protocol/, transport/         messages and values of plugin protocol 6; how Terraform reaches this process
"""
