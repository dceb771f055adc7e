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
		data, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		name, labels = path, string(data)
	}
	if err := run(context.Background(), *db, name, labels); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, db, name, labels string) error {
	store, err := open(ctx, db)
	if err != nil {
		return err
	}
	defer store.Close()

	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: name})
	if errors.Is(err, annoset.ErrExists) {
		dataset, err = store.DatasetByName(ctx, name) // a second run adds versions to the same file
	}
	if err != nil {
		return err
	}

	step("A draft takes labels")
	v1, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{Notes: "as the labelers left it"})
	if err != nil {
		return err
	}
	n, err := store.Import(ctx, v1.ID, readRTTM(strings.NewReader(labels)), nil)
	if err != nil {
		return err
	}
	fmt.Printf("v%d: imported %d labels\n", v1.Version, n)
	_, err = store.TrainingSet(ctx, v1.ID)
	fmt.Println("refused:", err)

	step("Publishing locks it")
	if v1, err = store.Publish(ctx, v1.ID, nil); err != nil {
		return err
	}
	show(v1)
	_, err = store.Add(ctx, v1.ID, annoset.Annotation{AudioFileID: "x", ArtifactType: "x", EndMS: 1})
	fmt.Println("refused:", err)
	fmt.Println("refused:", store.DeleteSet(ctx, v1.ID))

	step("A new version starts as the old one, and is fixed")
	v2, err := store.NewVersion(ctx, v1.ID, annoset.NewSet{Notes: "first label was cut too early"})
	if err != nil {
		return err
	}
	for first, err := range store.Annotations(ctx, v2.ID, annoset.Filter{}) {
		if err != nil {
			return err
		}
		first.EndMS += 250
		if err := store.Update(ctx, v2.ID, first); err != nil {
			return err
		}
		fmt.Printf("v%d: label %d now ends at %d ms\n", v2.Version, first.ID, first.EndMS)
		break
	}
	if err := store.MarkClean(ctx, v2.ID, "silence.wav"); err != nil {
		return err
	}
	if v2, err = store.Publish(ctx, v2.ID, nil); err != nil {
		return err
	}
	show(v2)

	step("Training reads a published set, today and in years")
	training, err := store.TrainingSet(ctx, v2.ID)
	if err != nil {
		return err
	}
	count := 0
	for _, err := range training.Annotations(ctx, annoset.Filter{}) {
		if err != nil {
			return err
		}
		count++
	}
	fmt.Printf("trained on %d labels of v%d\n", count, training.Set.Version)
	for _, set := range []annoset.AnnotationSet{v1, v2} {
		if err := store.Verify(ctx, set.ID); err != nil {
			return err
		}
		fmt.Printf("v%d is what it was\n", set.Version)
	}
	return nil
}

func open(ctx context.Context, db string) (*annoset.Store, error) {
	if db == "" {
		return annoset.OpenMemory(ctx, nil)
	}
	return annoset.Open(ctx, db, nil)
}

func step(title string) { fmt.Printf("\n%s\n", title) }

func show(s annoset.AnnotationSet) {
	fmt.Printf("v%d: %s, %d labels in %d audio files, %d clean, %d ms labelled\n", s.Version, s.Status,
		s.TotalAnnotations, s.AnnotatedAudioFiles, s.CleanAudioFiles, s.TotalPositiveDurationMS)
	types := slices.Sorted(maps.Keys(s.AnnotationsByType))
	for _, t := range types[:min(len(types), 3)] {
		fmt.Printf("    %-8s %5d labels %9d ms\n", t, s.AnnotationsByType[t], s.DurationMSByType[t])
	}
	if len(types) > 3 {
		fmt.Printf("    and %d more types\n", len(types)-3)
	}
	fmt.Println("   ", s.Digest)
}
