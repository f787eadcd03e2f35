package main

import (
	"github.com/suborbital/reactr/api/tinygo/runnable"
)

type hello struct{}

func (h hello) Run(input []byte) ([]byte, error) {
	return []byte("hello " + string(input)), nil
}

func main() {
	runnable.Use(hello{})
}
