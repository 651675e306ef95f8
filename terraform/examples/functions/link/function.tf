output "link" {
  value = provider::onetimesecret::link("ab12cd34", "eu") # https://eu.onetimesecret.com/secret/ab12cd34
}
