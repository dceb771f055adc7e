// Quickstart tells the story of a team that labels, trains, finds mistakes and labels again.
//
//	go run ./examples/quickstart                        # a few labels, in memory
//	go run ./examples/quickstart -db my.annoset my.rttm # your labels, kept in a file
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/annoset/annoset"
)

//go:embed meeting.rttm
var meeting string

func main() {
	log.SetFlags(0)
	db := flag.String("db", "", "file to keep the store in (default: in memory)")
	flag.Parse()
	name, labels := "meeting", meeting
	if path := flag.Arg(0); path != "" {
		name, labels = path, string(must(os.ReadFile(path)))
	}
	ctx := context.Background()
	store := must(open(ctx, *db))
	defer store.Close()
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: name})
	if errors.Is(err, annoset.ErrExists) {
		dataset, err = store.DatasetByName(ctx, name) // a second run adds versions to the same file
	}
	check(err)

	fmt.Println("A draft takes labels")
	draft := must(store.CreateSet(ctx, dataset.ID, annoset.NewSet{Notes: "as the labelers left it"}))
	n := must(store.Import(ctx, draft.ID, readRTTM(strings.NewReader(labels)), nil))
	fmt.Printf("    v%d: imported %d labels\n", draft.Version, n)
	_, err = store.TrainingSet(ctx, draft.ID)
	fmt.Println("    refused:", err)

	fmt.Println("Publishing locks it")
	first := must(store.Publish(ctx, draft.ID, nil))
	show(first)
	_, err = store.Add(ctx, first.ID, annoset.Annotation{AudioFileID: "x", ArtifactType: "x", EndMS: 1})
	fmt.Println("    refused:", err)
	fmt.Println("    refused:", store.DeleteSet(ctx, first.ID))

	fmt.Println("A new version starts as the old one, and is fixed")
	draft = must(store.NewVersion(ctx, first.ID, annoset.NewSet{Notes: "the first label was cut too early"}))
	for a, err := range store.Annotations(ctx, draft.ID, annoset.Filter{}) {
		check(err)
		a.EndMS += 250
		check(store.Update(ctx, draft.ID, a))
		fmt.Printf("    v%d: label %d now ends at %d ms\n", draft.Version, a.ID, a.EndMS)
		break
	}
	check(store.MarkClean(ctx, draft.ID, "silence.wav")) // examined, and nothing there
	second := must(store.Publish(ctx, draft.ID, nil))
	show(second)

	fmt.Println("Training reads a published set, today and in years")
	training := must(store.TrainingSet(ctx, second.ID))
	n = 0
	for _, err := range training.Annotations(ctx, annoset.Filter{}) {
		check(err)
		n++
	}
	fmt.Printf("    trained on %d labels of v%d\n", n, training.Set.Version)
	check(store.Verify(ctx, first.ID))
	check(store.Verify(ctx, second.ID))
	fmt.Println("    both versions are what they were")
}

func open(ctx context.Context, db string) (*annoset.Store, error) {
	if db == "" {
		return annoset.OpenMemory(ctx, nil)
	}
	return annoset.Open(ctx, db, nil)
}

func show(s annoset.AnnotationSet) {
	fmt.Printf("    v%d %s: %d labels in %d audio files, %d clean, %d ms labelled\n", s.Version, s.Status,
		s.TotalAnnotations, s.AnnotatedAudioFiles, s.CleanAudioFiles, s.TotalPositiveDurationMS)
	types := slices.Sorted(maps.Keys(s.AnnotationsByType))
	for _, t := range types[:min(len(types), 3)] {
		fmt.Printf("        %-8s %5d labels %9d ms\n", t, s.AnnotationsByType[t], s.DurationMSByType[t])
	}
	if len(types) > 3 {
		fmt.Printf("        and %d more types\n", len(types)-3)
	}
	fmt.Println("       ", s.Digest)
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
