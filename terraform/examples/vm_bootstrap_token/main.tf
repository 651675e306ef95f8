# A virtual machine fetches its token at its first boot, once. Its user data, which many people can read for years, holds
# only a link, which is used up then. A link that somebody else opened first makes the boot fail, and is seen here.

variable "token" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "token_version" {
  default = 1
}

resource "onetimesecret_link" "bootstrap" {
  secret_wo         = var.token
  secret_wo_version = var.token_version
  ttl               = "1h"
  burn_on_destroy   = true
}

locals {
  api = replace(onetimesecret_link.bootstrap.url, "secret/", "api/v1/secret/")
}

# In its place: aws_instance, google_compute_instance, … with user_data.
resource "terraform_data" "vm" {
  input = {
    user_data = <<-EOT
      #!/bin/sh
      set -eu
      umask 077
      curl --fail --silent --show-error --data passphrase= '${local.api}' > "$${TOKEN_FILE:-/run/bootstrap-token.json}"
    EOT
  }
}

output "user_data" {
  value     = terraform_data.vm.output.user_data
  sensitive = true
}
