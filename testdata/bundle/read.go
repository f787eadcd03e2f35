// Command read lists what Go sees in a ZIP archive: digest, size, name.
package main

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sort"
)

func main() {
	r, err := zip.OpenReader(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sort.Slice(r.File, func(i, j int) bool {
		return r.File[i].Name < r.File[j].Name
	})
	for _, f := range r.File {
		in, err := f.Open()
		if err == nil {
			h := sha256.New()
			var n int64
			n, err = io.Copy(h, in)
			fmt.Printf("%x %d %s\n", h.Sum(nil), n, f.Name)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, f.Name, err)
			os.Exit(1)
		}
	}
}
