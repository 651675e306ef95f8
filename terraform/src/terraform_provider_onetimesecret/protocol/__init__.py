"""Plugin protocol 6: its messages (compiled from proto/tfplugin6.proto) and the values in them."""
