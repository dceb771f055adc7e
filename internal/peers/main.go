// Command peers measures annoset beside its peers: the same work, on the same disk, as durable as each can be, one
// program a contestant. It is run in its own folder; README.md says what it found.
//
//	go run .            # every contestant, a million labels
//	go run . -scale     # annoset alone, from ten thousand labels to ten million
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/peers/contest"
)

// known are the contestants, by their folders. The first is the one that the others are compared with.
var known = []string{"annoset", "byhand", "csqlite", "dolt", "git"}

// birdnetPath is the data of the second workload, beside the project's root.
const birdnetPath = "../../../shared/data/birdnet/birdnet_rivendell_2021.csv.gz"

// options are the flags.
type options struct {
	size        contest.Size
	workload    string
	runs        int
	contestants []string
	dir         string
	json        string
	scale       bool
}

func main() {
	o, err := parse()
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func parse() (*options, error) {
	o := &options{}
	flag.IntVar(&o.size.Labels, "labels", 1_000_000, "number of labels of the synthetic workload")
	flag.IntVar(&o.size.Files, "files", 5_000, "number of its audio files")
	flag.IntVar(&o.size.Versions, "versions", 50, "further versions after the second")
	flag.IntVar(&o.runs, "runs", 3, "runs, of which the median counts")
	flag.StringVar(&o.workload, "workload", "synthetic", "synthetic or birdnet")
	flag.StringVar(&o.dir, "dir", os.TempDir(), "where to work, on the disk that is to be measured")
	flag.StringVar(&o.json, "json", "", "a file for all measurements, as JSON")
	flag.BoolVar(&o.scale, "scale", false, "measure annoset alone, by the number of labels up to ten times -labels")
	contestants := flag.String("contestants", strings.Join(known, ","), "who takes part")
	flag.Parse()
	o.size.Edits = 100
	o.contestants = strings.Split(*contestants, ",")
	for _, name := range o.contestants {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no contestant %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	if o.runs < 1 || o.size.Labels < 1 || o.size.Files < 1 || o.size.Versions < 0 {
		return nil, errors.New("runs, labels and files must be at least 1, versions not negative")
	}
	switch o.workload {
	case "synthetic":
	case "birdnet":
		o.size.Birdnet = birdnetPath
	default:
		return nil, fmt.Errorf("no workload %q; there are synthetic and birdnet", o.workload)
	}
	return o, nil
}

func run(ctx context.Context, o *options) error {
	if o.size.Birdnet != "" {
		if _, err := os.Stat(o.size.Birdnet); errors.Is(err, fs.ErrNotExist) {
			fmt.Printf("Skipped: the data of the workload is not there: %s\n", o.size.Birdnet)
			return nil
		}
	}
	dir, err := os.MkdirTemp(o.dir, "annoset-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.scale {
		return scale(ctx, o, dir)
	}
	about := machine(ctx) // of what is built now
	results := build(ctx, o.contestants, dir)
	for i := range o.runs {
		for _, r := range results {
			r.run(ctx, o.size, dir, fmt.Sprintf("run %d of %d", i+1, o.runs))
		}
	}
	if err := save(o, about, results); err != nil {
		return err
	}
	fmt.Print(report(o, about, results))
	return compare(results)
}

// save writes everything to the file of the flag -json.
func save(o *options, about []string, results []*result) error {
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{
		"machine": about, "workload": o.workload, "labels": o.size.Labels, "files": o.size.Files, "edits": o.size.Edits,
		"versions": o.size.Versions, "results": results,
	}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o644)
}

// compare tells who found something else than the others: what is computed wrongly is not worth measuring.
func compare(results []*result) error {
	var errs []error
	var first *result
	for _, r := range results {
		for i := range r.Runs {
			if first == nil {
				first = r
			}
			if want, got := jsonOf(first.Runs[0].Found), jsonOf(r.Runs[i].Found); got != want {
				errs = append(errs, fmt.Errorf("%s found %s, %s found %s", r.Name, got, first.Name, want))
			}
		}
		if r.Failed != "" {
			errs = append(errs, fmt.Errorf("%s failed: %s", r.Name, r.Failed))
		}
	}
	return errors.Join(errs...)
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
