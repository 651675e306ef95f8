data "onetimesecret_recent" "account" {}

output "unread_links" {
  value = length([for link in data.onetimesecret_recent.account.links : link if contains(["new", "viewed"], link.state)])
}
