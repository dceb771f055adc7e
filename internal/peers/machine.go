package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine says where and with what the figures were measured. What is not known is left out.
func machine(ctx context.Context) []string {
	processor := ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(text), "model name\t: "); found {
			processor, _, _ = strings.Cut(rest, "\n")
		}
	}
	lines := []string{fmt.Sprintf("%s/%s, %d cores %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor)}
	versions := []string{runtime.Version()}
	for _, command := range [][]string{
		{"git", "--version"},
		{"git", "describe", "--always", "--dirty"},
		{"go", "list", "-m", "modernc.org/sqlite", "github.com/mattn/go-sqlite3", "github.com/dolthub/driver",
			"github.com/dolthub/dolt/go"},
	} {
		out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
		if err != nil {
			continue
		}
		text := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", ", ")
		if command[1] == "describe" {
			text = "annoset at " + text
		}
		versions = append(versions, text)
	}
	return append(lines, strings.Join(versions, ", "))
}
