resource "onetimesecret_generated_link" "app" {
  length    = 24
  ttl       = "1d"
  recipient = "alice@example.com"
}

# What needs the value as well. It is in the state.
resource "terraform_data" "app" {
  input = onetimesecret_generated_link.app.value
}
