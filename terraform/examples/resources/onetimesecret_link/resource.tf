variable "password" {
  type      = string
  ephemeral = true # neither in the plan nor in the state
  sensitive = true
}

resource "onetimesecret_link" "alice" {
  secret_wo         = var.password
  secret_wo_version = 1 # another number for another password
  ttl               = "7d"
  recipient         = "alice@example.com"
}

output "has_alice_read_it" {
  value = onetimesecret_link.alice.state == "received"
}
