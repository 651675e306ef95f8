terraform {
  required_providers {
    onetimesecret = {
      source = "onetimesecret/onetimesecret"
    }
  }
}

# Everything may come from the environment instead: OTS_URL or OTS_REGION, OTS_USERNAME, OTS_API_TOKEN.
provider "onetimesecret" {
  timeout = 10
}
