// Command torture does to annoset stores what must not harm them, and checks that it did not: it kills processes, cuts
// the power, lets a crowd work on one file, and goes to the limits. It uses the public API, and for its checks reads
// the file as any SQLite program could. Run it at the root of the repository:
//
//	go run ./internal/proof/torture kill -rounds 1000
//	go run ./internal/proof/torture power -workloads 10
//	go run ./internal/proof/torture crowd -for 10m
//	go run ./internal/proof/torture log -for 1m
//	go run ./internal/proof/torture limits
//
// Each command ends by itself and prints a summary of one line. It fails at the first broken promise, with the seed
// that repeats it.
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

// commands are the commands by name. Each returns its summary.
var commands = map[string]func(ctx context.Context, o *options) (string, error){
	"kill":   kill,
	"power":  power,
	"crowd":  crowd,
	"limits": limits,
	"log":    writeLog,
}

// options are the flags of all commands.
type options struct {
	dir      string // where files are created
	testdata string // where stores of earlier schemas are
	seed     uint64

	rounds    int           // kill
	workloads int           // power
	long      time.Duration // crowd, log
	processes int
	workers   int
	scale     int // limits
	only      string
	progress  func(format string, args ...any)
}

func main() {
	if childTask() {
		return
	}
	o := &options{}
	flags := flag.NewFlagSet("torture", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", os.TempDir(), "folder in which files are created")
	flags.StringVar(&o.testdata, "testdata", "testdata", "folder with stores of earlier schemas")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64(), "repeats the random choices, as far as they do not depend on time")
	flags.IntVar(&o.rounds, "rounds", 1000, "kill: number of processes")
	flags.IntVar(&o.workloads, "workloads", len(shapes), "power: number of workloads")
	flags.DurationVar(&o.long, "for", 10*time.Minute, "crowd, log: duration")
	flags.IntVar(&o.processes, "processes", 4, "crowd, log: number of processes")
	flags.IntVar(&o.workers, "workers", 4, "crowd: goroutines of each process that write, and as many that read")
	flags.IntVar(&o.scale, "scale", 1, "limits: divides all sizes by this")
	flags.StringVar(&o.only, "only", "", "limits: only this one")
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: torture kill|power|crowd|log|limits [flags]")
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
		fmt.Fprintf(os.Stderr, "broken: %v\nto repeat: go run ./internal/proof/torture %s -seed %d; files are in %s\n",
			err, command, o.seed, dir)
		return 1
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Println(summary)
	return 0
}
