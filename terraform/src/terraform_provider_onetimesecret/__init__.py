"""A Terraform provider for Onetime Secret. Start at `provider.Provider`, which answers all that Terraform asks.

schema.py, link_schema.py …   what there is, once: the protocol's schema, the documentation and validation come from it
lifecycle.py, plan.py         what makes a link what it is, and what a change of the configuration means for it; pure
link.py, data_sources.py      what is done about it, by the v1 client in `onetime` (the same as the Ansible collection's)
protocol/, transport/         messages and values of plugin protocol 6; how Terraform reaches this process
"""
