//go:build !unix

package main

import "os"

// peakOf would tell how much memory a process had at most.
func peakOf(*os.ProcessState) string { return "memory not measured on this system" }

func peakSoFar() string { return "" }
