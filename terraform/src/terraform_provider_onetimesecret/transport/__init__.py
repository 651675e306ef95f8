"""How Terraform reaches the provider: the handshake of go-plugin, mutual TLS, gRPC on a Unix socket."""
