//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// peakOf returns the peak memory of a process.
func peakOf(state *os.ProcessState) string {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return "memory not known"
	}
	return megabytes(int64(usage.Maxrss))
}

// peakSoFar returns the peak memory of this process until now.
func peakSoFar() string {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return ""
	}
	return "  " + megabytes(int64(usage.Maxrss))
}

// megabytes formats a peak. The system counts it in bytes on darwin, and in KiB elsewhere.
func megabytes(peak int64) string {
	if runtime.GOOS != "darwin" {
		peak <<= 10
	}
	return fmt.Sprintf("%.0f MB", float64(peak)/1e6)
}
