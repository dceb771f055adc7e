package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/annoset/annoset/internal/peers/contest"
)

// scale measures how annoset's figures grow with the number of labels: a hundredth, a tenth, all and ten times of
// what the flags say.
func scale(ctx context.Context, o *options, dir string) error {
	var sizes []contest.Size
	for _, tenth := range []int{1, 10, 100, 1000} {
		sizes = append(sizes, contest.Size{
			Labels: max(o.size.Labels*tenth/100, 1), Files: max(o.size.Files*tenth/100, 1), Scale: true,
		})
	}
	about := machine(ctx)
	built := build(ctx, known[:1], dir)[0]
	if built.NotBuilt != "" {
		return errors.New(built.NotBuilt)
	}
	var results []*result
	for _, size := range sizes {
		r := &result{Folder: built.Folder, Name: fmt.Sprintf("%d labels", size.Labels), program: built.program}
		name := r.Name
		for i := range o.runs {
			r.run(ctx, size, dir, fmt.Sprintf("%s, run %d of %d", name, i+1, o.runs))
		}
		if r.Failed != "" {
			return errors.New(r.Failed)
		}
		r.Name = name
		results = append(results, r)
	}
	if err := save(o, about, results); err != nil {
		return err
	}
	fmt.Printf("annoset alone, 200 labels an audio file where the flags say nothing else. Medians of %d run(s).\n\n",
		o.runs)
	for _, line := range about {
		fmt.Printf("- %s\n", line)
	}
	fmt.Println()
	head := []string{""}
	for _, r := range results {
		head = append(head, r.Name)
	}
	rows := [][]string{head}
	for _, f := range []figure{importing, firstPublish, newVersion, readAll, diskOne, memoryImport, memoryRead} {
		rows = append(rows, row(&f, results))
	}
	var out bytes.Buffer
	table(&out, rows)
	fmt.Fprintf(&out, "\nIn brackets: how many times what %s take.\n\n", results[0].Name)
	judge(&out, flatness(results))
	fmt.Print(out.String())
	return nil
}

// flatness judges what is not to grow with the number of labels. New versions are so short that a factor of 2 is noise;
// memory is compared from where the buffers of a bulk are full.
func flatness(results []*result) []aim {
	first, last := results[0], results[len(results)-1]
	flat := func(f *figure, from *result, limit float64) aim {
		a, knownA := f.get(last)
		b, knownB := f.get(from)
		return aim{
			f.name, fmt.Sprintf("flat: within %g × from %s to %s", limit, from.Name, last.Name), a / b, knownA && knownB,
			atMost(limit), times,
		}
	}
	small := func(f *figure) aim {
		v, known := f.get(last)
		return aim{f.name, "under 100 MB with " + last.Name, v, known, atMost(100e6), f.format}
	}
	full := results[len(results)-2]
	return []aim{
		flat(&newVersion, first, 2), flat(&memoryImport, full, 1.2), flat(&memoryRead, full, 1.2), small(&memoryImport),
		small(&memoryRead),
	}
}
