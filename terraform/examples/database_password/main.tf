# Give a database user a new password, and the person who needs it a link. The server makes the password up, so it is in
# the state; see ../rotation for a way without.

variable "set_password" {
  description = "Command that sets the password in NEW_PASSWORD."
  default     = <<-EOT
    psql --quiet <<'SQL'
    \getenv password NEW_PASSWORD
    ALTER ROLE app PASSWORD :'password';
    SQL
  EOT
}

resource "onetimesecret_generated_link" "app" {
  length    = 32
  ttl       = "3d"
  recipient = "alice@example.com"

  lifecycle {
    create_before_destroy = true # Alice is never without a link
  }
}

resource "terraform_data" "role" {
  triggers_replace = onetimesecret_generated_link.app.id

  provisioner "local-exec" {
    command = var.set_password
    environment = {
      NEW_PASSWORD = onetimesecret_generated_link.app.value
    }
  }
}
