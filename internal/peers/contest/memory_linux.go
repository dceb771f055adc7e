package contest

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// forgetPeak gives memory back and makes the system forget how much there was (proc_pid_clear_refs(5), value 5).
func forgetPeak() {
	debug.FreeOSMemory()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) //nolint:errcheck // an old kernel: the peak is of the whole run
}

// peakBytes is the most resident memory since forgetPeak.
func peakBytes() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
