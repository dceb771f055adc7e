//go:build unix && !darwin

package main

import (
	"os"
	"syscall"
)

// peakBytes is the most resident memory that a process had which has ended.
func peakBytes(p *os.ProcessState) int64 {
	if p == nil {
		return 0
	}
	if usage, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss) << 10 // kilobytes, getrusage(2)
	}
	return 0
}
