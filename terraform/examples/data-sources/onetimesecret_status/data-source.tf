data "onetimesecret_status" "service" {}

output "service" {
  value = data.onetimesecret_status.service.status
}
