module example.com/reactr

go 1.19

require github.com/suborbital/reactr v0.15.1
