"""The documentation as a site: the guides as they stand in the checkout, and a page for every plugin and role."""

import re

project = "onetimesecret.ots"
author = "onetimesecret.ots maintainers"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
html_title = "onetimesecret.ots"

# The source is the checkout; antsibull-docs has written .docs/plugins.
root_doc = "docs/docsite/index"
include_patterns = [
    "README.md",
    "docs/*.md",
    "docs/docsite/*.md",
    "docs/docsite/*.rst",
    ".docs/plugins/**.rst",
    "roles/*/README.md",
    "server/README.md",
    "terraform/README.md",
    "terraform/docs/**.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 3
suppress_warnings = [
    "misc.highlighting_failure"
]  # Pygments knows nothing of Terraform's functions and ephemeral blocks


def setup(app):
    """Let anchors of the provider's pages, written as Terraform's registry wants them, be targets of links."""
    app.connect("source-read", _anchors)


def _anchors(_app, name, source):
    if name.startswith("terraform/docs/"):
        source[0] = re.sub(r'<a id="([^"]+)"></a>', r"(\1)=", source[0])
