// SPDX-License-Identifier: Apache-2.0

// A registry in memory that keeps lists of referrers, on a free port of 127.0.0.1
// that it prints; it ends when its standard input does.  None of it is ours but
// these lines: what pushes and pulls meets the code of others.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	registry := ociserver.New(ocimem.New(), nil)
	logged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(os.Stderr, r.Method, r.URL.Path)
		registry.ServeHTTP(w, r)
	})
	go func() { log.Fatal(http.Serve(listener, logged)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}
