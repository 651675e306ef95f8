# By the metadata key. Terraform prints it; whoever has it can burn the link.
terraform import onetimesecret_link.alice "$METADATA_KEY"
