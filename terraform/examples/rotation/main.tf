# Another link each month, and at once when `rotation` is raised. No plugin but this one is needed.

variable "password" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "rotation" {
  default = 1
}

resource "onetimesecret_link" "alice" {
  secret_wo         = var.password
  secret_wo_version = var.rotation
  ttl               = "14d"
  recipient         = "alice@example.com"

  rotate_when_changed = {
    month = formatdate("YYYY-MM", plantimestamp())
  }

  lifecycle {
    create_before_destroy = true # the new link is sent before the old one is burned
  }
}
