# A tag cannot hold all that the name of a branch can.
tag=$(printf %s "$VERSION" | tr -c 'A-Za-z0-9._-' '-')
printf %s "$REGISTRY_PASSWORD" |
  subo login "${REFERENCE%%/*}" --user "$REGISTRY_USER" --password-stdin
subo sign runnables.wasm.zip --key "$DOCKER_CONFIG/ci.key" --role ci
# Signed there too, in the forms that cosign reads.
subo push "$REFERENCE:$tag" --sign --key "$DOCKER_CONFIG/ci.key" --role ci
