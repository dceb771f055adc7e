//go:build !unix

package main

import "os"

// peakOf would return the peak memory of a process.
func peakOf(*os.ProcessState) string { return "memory not measured on this system" }

func peakSoFar() string { return "" }
