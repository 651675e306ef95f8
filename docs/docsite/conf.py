"""The documentation as a site: the guides as they stand in the checkout, and a page for every plugin and role."""

import re
from pathlib import Path

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
REPOSITORY = "https://github.com/onetimesecret/ansible-collection-ots"
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 3
suppress_warnings = [
    "misc.highlighting_failure"
]  # Pygments knows nothing of Terraform's functions and ephemeral blocks


def setup(app):
    """Let links lead to pages of the site, and anchors of the provider's pages be targets of links."""
    app.connect("source-read", _links)
    app.connect("source-read", _anchors)


def _links(app, _name, source):
    """Guides link to a plugin's source, and the README, which Galaxy shows alone, to the repository."""
    text = re.sub(r"\]\([./]*plugins/modules/(\w+)\.py\)", r"](/.docs/plugins/\1_module.rst)", source[0])
    text = re.sub(r"\]\([./]*plugins/(lookup|filter)/(\w+)\.\w+\)", r"](/.docs/plugins/\2_\1.rst)", text)
    pages = "|".join(map(re.escape, app.env.found_docs))
    source[0] = re.sub(rf"\]\({REPOSITORY}/blob/main/({pages})\.md", r"](/\1.md", text)


def _anchors(_app, name, source):
    if name.startswith("terraform/docs/"):
        source[0] = re.sub(r'<a id="([^"]+)"></a>', r"(\1)=", source[0])
