#!/bin/sh
# The chart starts Vault through a script of this name; the official one also changes owners and capabilities, which
# the chart switches off.
exec "$@"
