apt-get -qq update
apt-get -qq -y install --no-install-recommends ca-certificates curl @PACKAGES@
curl -fsSL --retry 3 -o /tmp/subo.tar.gz "$SUBO_URL"
echo "$SUBO_SHA256  /tmp/subo.tar.gz" | sha256sum -c -
tar -xzf /tmp/subo.tar.gz -C /usr/local
@COMPILERS@
subo version
