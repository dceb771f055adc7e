// Command torture does to annoset stores what must not harm them, and looks whether it did: kills processes, takes the
// power away, lets a crowd work on one file, and goes to the limits. It uses the public API, and for its checks looks
// into the file as any SQLite program could. Run it at the root of the repository:
//
//	go run ./internal/proof/torture kill -rounds 1000
//	go run ./internal/proof/torture power -workloads 10
//	go run ./internal/proof/torture crowd -for 10m
//	go run ./internal/proof/torture limits
//
// Each command ends by itself, prints one line that sums up, and fails at the first promise that it finds broken, with
// the seed that repeats it.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"
)

// commands are what can be asked for. Each returns the line that sums up.
var commands = map[string]func(ctx context.Context, o *options) (string, error){
	"kill":   kill,
	"power":  power,
	"crowd":  crowd,
	"limits": limits,
}

// options are those of all commands.
type options struct {
	dir      string // where files are made
	testdata string // where stores of earlier schemas lie
	seed     uint64

	rounds    int           // kill
	workloads int           // power
	long      time.Duration // crowd
	processes int
	workers   int
	scale     int    // limits
	only      string //
	progress  func(format string, args ...any)
}

func main() {
	if childTask() {
		return
	}
	o := &options{}
	flags := flag.NewFlagSet("torture", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", os.TempDir(), "folder in which files are made")
	flags.StringVar(&o.testdata, "testdata", "testdata", "folder with stores of earlier schemas")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64(), "repeats what was done by chance, as far as time does not matter")
	flags.IntVar(&o.rounds, "rounds", 1000, "kill: so many processes")
	flags.IntVar(&o.workloads, "workloads", len(shapes), "power: so many workloads")
	flags.DurationVar(&o.long, "for", 10*time.Minute, "crowd: so long")
	flags.IntVar(&o.processes, "processes", 4, "crowd: so many processes")
	flags.IntVar(&o.workers, "workers", 4, "crowd: so many goroutines in each that write, and as many that read")
	flags.IntVar(&o.scale, "scale", 1, "limits: divides all sizes")
	flags.StringVar(&o.only, "only", "", "limits: this one alone")
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: torture kill|power|crowd|limits [flags]")
		flags.PrintDefaults()
		os.Exit(2)
	}
	flags.Parse(os.Args[2:]) //nolint:errcheck // it exits
	os.Exit(run(os.Args[1], o))
}

// run runs a command and returns the exit code.
func run(command string, o *options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	began := time.Now()
	o.progress = func(format string, args ...any) {
		fmt.Printf("%6.0fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	dir, err := os.MkdirTemp(o.dir, "torture-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o.dir = dir
	summary, err := commands[command](ctx, o)
	if err != nil {
		fmt.Fprintf(os.Stderr, "broken: %v\nto repeat: go run ./internal/proof/torture %s -seed %d; files are in %s\n", err, command,
			o.seed, dir)
		return 1
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Println(summary)
	return 0
}
