# Terraform hands a secret to Ansible without writing it anywhere: write-only into a link, which the playbook opens.
# The state holds the link, which is used up when the playbook has run.

variable "license_key" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "run" {
  default = 1
}

variable "ansible_playbook" {
  default = "ansible-playbook"
}

resource "onetimesecret_link" "license" {
  secret_wo         = var.license_key
  secret_wo_version = var.run
  ttl               = "15m"
}

resource "terraform_data" "configure" {
  triggers_replace = onetimesecret_link.license.id

  provisioner "local-exec" {
    command = "${var.ansible_playbook} ${path.module}/playbook.yml"
    environment = {
      LICENSE_LINK = onetimesecret_link.license.url
    }
  }
}
