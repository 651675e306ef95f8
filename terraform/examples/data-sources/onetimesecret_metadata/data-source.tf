resource "onetimesecret_link" "alice" {
  secret = "an example"
}

# Of any link whose metadata key you have, also one that was made elsewhere.
data "onetimesecret_metadata" "alice" {
  metadata_key = onetimesecret_link.alice.metadata_key
}

output "readable_until" {
  value = data.onetimesecret_metadata.alice.expires_at
}
