output "secret_key" {
  value = provider::onetimesecret::parse_link("https://eu.onetimesecret.com/secret/ab12cd34") # ab12cd34
}
