package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/annoset/annoset"
)

// A tour: label a draft, publish it, be refused, make a better version.
func Example() {
	ctx := context.Background()
	store, err := annoset.OpenMemory(ctx, nil) // or annoset.Open(ctx, "labels.annoset", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts"})
	if err != nil {
		log.Fatal(err)
	}
	v1, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	ids, err := store.Add(ctx, v1.ID,
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1200, EndMS: 1450},
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "long_pause", StartMS: 9000, EndMS: 12000})
	if err != nil {
		log.Fatal(err)
	}
	if v1, err = store.Publish(ctx, v1.ID, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("v%d: %d labels, %d ms\n", v1.Version, v1.TotalAnnotations, v1.TotalPositiveDurationMS)

	err = store.Delete(ctx, v1.ID, ids[0])
	fmt.Println("v1 can be changed:", !errors.Is(err, annoset.ErrPublished))

	v2, err := store.NewVersion(ctx, v1.ID, annoset.NewSet{Notes: "the first glitch was none"})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Delete(ctx, v2.ID, ids[0]); err != nil {
		log.Fatal(err)
	}
	if v2, err = store.Publish(ctx, v2.ID, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("v%d: %d labels, %d ms\n", v2.Version, v2.TotalAnnotations, v2.TotalPositiveDurationMS)
	// Output:
	// v1: 2 labels, 3250 ms
	// v1 can be changed: false
	// v2: 1 labels, 3000 ms
}

// exampleDraft is a store in memory with one draft that has labels.
func exampleDraft(ctx context.Context) (*annoset.Store, annoset.AnnotationSet) {
	store, err := annoset.OpenMemory(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{
		Name:          "podcasts",
		ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}, {Name: "hum"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	draft, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = store.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1000, EndMS: 3000},
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "long_pause", StartMS: 2000, EndMS: 4000},
		annoset.Annotation{AudioFileID: "ep2.wav", ArtifactType: "glitch", StartMS: 500, EndMS: 500},
	); err != nil {
		log.Fatal(err)
	}
	return store, draft
}

func ExampleStore_Publish() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	set, err := store.Publish(ctx, draft.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Status, set.AnnotationsByType)
	fmt.Println("covered:", set.TotalPositiveDurationMS, "ms") // 2000 to 3000 counts once, a point covers nothing
	fmt.Println(set.Digest)
	// Output:
	// published map[glitch:2 hum:0 long_pause:1]
	// covered: 3000 ms
	// sha256:b498d37f7089c95b46b615244a6e43bfe0407ebb2a57cf6e3a415b9c35911d8c
}

func ExampleStore_Check() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	if _, err := store.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 2900, EndMS: 3100},
	); err != nil {
		log.Fatal(err)
	}

	report, err := store.Check(ctx, draft.ID, &annoset.CheckOptions{
		Lengths: map[string]annoset.Length{"long_pause": {MinMS: 2500}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range report.Findings {
		fmt.Printf("%s, %s: %s\n", f.Severity, f.Kind, f.Message)
	}
	fmt.Println("failed:", report.Failed) // warnings do not fail a check, unless FailAt says so
	// Output:
	// warning, overlap: label 4 ("glitch" at [2900, 3100) ms of "ep1.wav") overlaps label 1 ("glitch" at [1000, 3000) ms of "ep1.wav")
	// warning, too_short: label 2 ("long_pause" at [2000, 4000) ms of "ep1.wav") is 2000 ms long, shorter than 2500
	// warning, unused_type: type "hum" is declared, and no label has it
	// info, point: label 3 ("glitch" at [500, 500) ms of "ep2.wav") has no length
	// failed: false
}

func ExampleStore_Publish_check() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	twice := annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 7000, EndMS: 8000}
	ids, err := store.Add(ctx, draft.ID, twice, twice)
	if err != nil {
		log.Fatal(err)
	}

	_, err = store.Publish(ctx, draft.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})
	if failed, ok := errors.AsType[*annoset.CheckError](err); ok {
		fmt.Println(failed.Report.Findings[0].Message)
	}
	if err := store.Delete(ctx, draft.ID, ids[1]); err != nil { // it is a draft still
		log.Fatal(err)
	}
	_, err = store.Publish(ctx, draft.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})
	fmt.Println(err)
	// Output:
	// label 5 ("hum" at [7000, 8000) ms of "ep1.wav") says the same as label 4 ("hum" at [7000, 8000) ms of "ep1.wav")
	// <nil>
}

func ExampleStore_NewVersion() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	v1, err := store.Publish(ctx, draft.ID, nil)
	if err != nil {
		log.Fatal(err)
	}

	v2, err := store.NewVersion(ctx, v1.ID, annoset.NewSet{Notes: "pauses end later"})
	if err != nil {
		log.Fatal(err)
	}
	for a, err := range store.Annotations(ctx, v2.ID, annoset.Filter{ArtifactTypes: []string{"long_pause"}}) {
		if err != nil {
			log.Fatal(err)
		}
		a.EndMS += 500
		if err := store.Update(ctx, v2.ID, a); err != nil { // the id stays, and v1 keeps what it has
			log.Fatal(err)
		}
	}
	for _, set := range []annoset.AnnotationSet{v1, v2} {
		a, err := store.Annotation(ctx, set.ID, 2)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("v%d: label %d ends at %d ms\n", set.Version, a.ID, a.EndMS)
	}
	// Output:
	// v1: label 2 ends at 4000 ms
	// v2: label 2 ends at 4500 ms
}

func ExampleStore_Add_invalid() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	_, err := store.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep3.wav", ArtifactType: "glitch", StartMS: 800, EndMS: 900},
		annoset.Annotation{AudioFileID: "ep3.wav", ArtifactType: "glich", StartMS: 10, EndMS: 5})
	if invalid, ok := errors.AsType[*annoset.ValidationError](err); ok {
		for _, p := range invalid.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// #1: end_ms is 5, before start_ms 10
	// #1: artifact_type is "glich", which the dataset does not declare
}

func ExampleStore_Import() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	csv := "ep5.wav,100,250\nep5.wav,700,900"
	n, err := store.Import(ctx, draft.ID, func(yield func(annoset.Annotation, error) bool) {
		for line := range strings.Lines(csv) {
			a := annoset.Annotation{ArtifactType: "hum"}
			line = strings.ReplaceAll(line, ",", " ")
			_, err := fmt.Sscan(line, &a.AudioFileID, &a.StartMS, &a.EndMS)
			if !yield(a, err) {
				return
			}
		}
	}, nil)
	fmt.Println(n, err)
	// Output:
	// 2 <nil>
}

func ExampleStore_Annotations() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	filter := annoset.Filter{AudioFileIDs: []string{"ep1.wav"}, FromMS: 3000}
	for a, err := range store.Annotations(ctx, draft.ID, filter) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
	}
	// Output:
	// ep1.wav long_pause 2000 4000
}

func ExampleStore_Page() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	var at annoset.Position
	for more := true; more; {
		page, err := store.Page(ctx, draft.ID, annoset.Filter{}, at, 2)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Annotations), "labels")
		at, more = page.Next, page.More
	}
	// Output:
	// 2 labels
	// 1 labels
}

func ExampleStore_MarkClean() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	fmt.Println(store.MarkClean(ctx, draft.ID, "ep3.wav", "ep4.wav"))
	err := store.MarkClean(ctx, draft.ID, "ep1.wav")
	fmt.Println(errors.Is(err, annoset.ErrConflict), err)
	stats, err := store.Stats(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.AnnotatedAudioFiles, "labeled,", stats.CleanAudioFiles, "clean")
	// Output:
	// <nil>
	// true annoset: mark clean: conflicts with what is stored: audio file "ep1.wav" has labels
	// 2 labeled, 2 clean
}

func ExampleStore_TrainingSet() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	_, err := store.TrainingSet(ctx, draft.ID)
	fmt.Println("a draft passes:", !errors.Is(err, annoset.ErrDraft))

	if _, err := store.Publish(ctx, draft.ID, nil); err != nil {
		log.Fatal(err)
	}
	training, err := store.TrainingSet(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	for a, err := range training.Annotations(ctx, annoset.Filter{ArtifactTypes: []string{"glitch"}}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.StartMS, a.EndMS)
	}
	// Output:
	// a draft passes: false
	// ep1.wav 1000 3000
	// ep2.wav 500 500
}

func ExampleStore_Export() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	temp, err := os.MkdirTemp("", "annoset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)

	dir := filepath.Join(temp, "v1")
	if err := store.Export(ctx, draft.ID, dir); err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"ep1.wav.jsonl", "SHA256SUMS"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(name, ":\n", string(data))
	}
	// Output:
	// ep1.wav.jsonl:
	// {"artifact_type":"glitch","start_ms":1000,"end_ms":3000}
	// {"artifact_type":"long_pause","start_ms":2000,"end_ms":4000}
	// SHA256SUMS:
	// 1740b4a52a14aac5617b7e7248f5e536bc5a88ec20bfd9f84567a022ef1b2119  ep1.wav.jsonl
	// 864677da286e54da9274e6ecb5a6fa9b83d8d725b06547bc90ca746cf25b26d0  ep2.wav.jsonl
}

func ExampleStore_CopyAnnotations() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	other, err := store.CreateSet(ctx, draft.DatasetID, annoset.NewSet{Notes: "glitches alone"})
	if err != nil {
		log.Fatal(err)
	}
	n, err := store.CopyAnnotations(ctx, other.ID, draft.ID, annoset.Filter{ArtifactTypes: []string{"glitch"}})
	if err != nil {
		log.Fatal(err)
	}
	sets, err := store.Sets(ctx, draft.DatasetID, annoset.SetFilter{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "copied;", slices.Collect(func(yield func(string) bool) {
		for _, s := range sets {
			if !yield(fmt.Sprintf("v%d has %d", s.Version, s.TotalAnnotations)) {
				return
			}
		}
	}))
	// Output:
	// 2 copied; [v1 has 3 v2 has 2]
}

// exampleVersions is a store with a published set, and a draft on it that was improved.
func exampleVersions(ctx context.Context) (store *annoset.Store, v1, v2 annoset.AnnotationSet) {
	store, draft := exampleDraft(ctx)
	v1, err := store.Publish(ctx, draft.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	if v2, err = store.NewVersion(ctx, v1.ID, annoset.NewSet{Notes: "Heard again."}); err != nil {
		log.Fatal(err)
	}
	pause, err := store.Annotation(ctx, v2.ID, 2)
	if err != nil {
		log.Fatal(err)
	}
	pause.ArtifactType = "hum"
	if err := store.Update(ctx, v2.ID, pause); err != nil {
		log.Fatal(err)
	}
	if err := store.Delete(ctx, v2.ID, 3); err != nil {
		log.Fatal(err)
	}
	if err := store.MarkClean(ctx, v2.ID, "ep2.wav"); err != nil {
		log.Fatal(err)
	}
	return store, v1, v2
}

func ExampleStore_Diff() {
	ctx := context.Background()
	store, v1, v2 := exampleVersions(ctx)
	defer store.Close()

	for c, err := range store.Diff(ctx, v1.ID, v2.ID, nil) {
		if err != nil {
			log.Fatal(err)
		}
		switch c.Kind {
		case annoset.ChangeRelabelled:
			fmt.Println(c.AudioFileID, c.Kind, c.Before.ArtifactType, "->", c.After.ArtifactType)
		default:
			fmt.Println(c.AudioFileID, c.Kind)
		}
	}
	// Output:
	// ep1.wav relabelled long_pause -> hum
	// ep2.wav removed
	// ep2.wav marked_clean
}

func ExampleStore_DiffSummary() {
	ctx := context.Background()
	store, v1, v2 := exampleVersions(ctx)
	defer store.Close()

	d, err := store.DiffSummary(ctx, v1.ID, v2.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Relabelled, "relabelled,", d.Removed, "removed, in", len(d.ByAudioFile), "audio files")
	fmt.Println("of glitches:", d.ByType["glitch"].Removed, "removed")
	// Output:
	// 1 relabelled, 1 removed, in 2 audio files
	// of glitches: 1 removed
}

// exampleStores are the stores of two people who labeled the same audio files, of which one left some labels out.
func exampleStores(ctx context.Context) (anna *annoset.Store, first annoset.AnnotationSet, ben *annoset.Store,
	second annoset.AnnotationSet,
) {
	anna, first = exampleDraft(ctx)
	ben, second = exampleDraft(ctx)
	if err := ben.Delete(ctx, second.ID, 1, 3); err != nil {
		log.Fatal(err)
	}
	return anna, first, ben, second
}

// Labels of two people who worked in stores of their own are compared by what they say.
func ExampleDiffStores() {
	ctx := context.Background()
	anna, first, ben, second := exampleStores(ctx)
	defer anna.Close()
	defer ben.Close()
	if _, err := ben.Add(ctx, second.ID, annoset.Annotation{
		AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1100, EndMS: 3000,
	}); err != nil {
		log.Fatal(err)
	}

	for c, err := range annoset.DiffStores(ctx, anna, first.ID, ben, second.ID, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.AudioFileID, c.Kind)
	}
	// Output:
	// ep1.wav moved
	// ep2.wav removed
}

func ExampleSummarizeDiff() {
	ctx := context.Background()
	anna, first, ben, second := exampleStores(ctx)
	defer anna.Close()
	defer ben.Close()

	d, err := annoset.SummarizeDiff(annoset.DiffStores(ctx, anna, first.ID, ben, second.ID, nil))
	fmt.Println(d.Removed, "removed", err)
	// Output:
	// 2 removed <nil>
}

func ExampleStore_ChangeLog() {
	ctx := context.Background()
	store, v1, v2 := exampleVersions(ctx)
	defer store.Close()

	changes, err := store.ChangeLog(ctx, v1.ID, v2.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changes)
	// Output:
	// - Relabelled 1 long_pause as hum in 1 file.
	// - Removed 1 glitch label in 1 file.
	// - Marked 1 file as clean.
}

func ExampleChangeLogStores() {
	ctx := context.Background()
	anna, first, ben, second := exampleStores(ctx)
	defer anna.Close()
	defer ben.Close()

	changes, err := annoset.ChangeLogStores(ctx, anna, first.ID, ben, second.ID)
	fmt.Println(changes, err)
	// Output:
	// - Removed 2 glitch labels in 2 files. <nil>
}

func ExamplePublishOptions_changeLog() {
	ctx := context.Background()
	store, _, v2 := exampleVersions(ctx)
	defer store.Close()

	v2, err := store.Publish(ctx, v2.ID, &annoset.PublishOptions{ChangeLog: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v2.Notes)
	// Output:
	// Heard again.
	//
	// - Relabelled 1 long_pause as hum in 1 file.
	// - Removed 1 glitch label in 1 file.
	// - Marked 1 file as clean.
}

func ExampleStore_DatasetChangeLog() {
	ctx := context.Background()
	store, err := annoset.OpenMemory(ctx, &annoset.Options{
		Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts"})
	if err != nil {
		log.Fatal(err)
	}
	v1, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{Notes: "First round."})
	if err != nil {
		log.Fatal(err)
	}
	glitch := annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1200, EndMS: 1450}
	ids, err := store.Add(ctx, v1.ID, glitch, glitch)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Publish(ctx, v1.ID, nil); err != nil {
		log.Fatal(err)
	}
	v2, err := store.NewVersion(ctx, v1.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Delete(ctx, v2.ID, ids[1]); err != nil {
		log.Fatal(err)
	}

	history, err := store.DatasetChangeLog(ctx, dataset.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(history)
	// Output:
	// # Change log of podcasts
	//
	// ## Version 2 (draft of 2026-03-01)
	//
	// Made from version 1.
	//
	// - Removed 1 duplicate in 1 file.
	//
	// ## Version 1 (2026-03-01)
	//
	// Digest `sha256:f03c03541b3c9b1330f83c115e6b230ba2ba957ad9006c36cda8a5cc81cdbf22`.
	//
	// First round.
	//
	// - Added 2 labels in 1 file: 2 glitch.
}

func ExampleStore_AnnotationHistory() {
	ctx := context.Background()
	store, _, _ := exampleVersions(ctx)
	defer store.Close()

	states, err := store.AnnotationHistory(ctx, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, state := range states {
		fmt.Printf("v%d %s: %s, %s\n", state.Version, state.Status, state.Kind, state.Annotation.ArtifactType)
	}
	// Output:
	// v1 published: added, long_pause
	// v2 draft: relabelled, hum
}

func ExampleStore_View() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	err := store.View(ctx, func(view *annoset.Store) error {
		set, err := view.SetByID(ctx, draft.ID)
		if err != nil {
			return err
		}
		page, err := view.Page(ctx, draft.ID, annoset.Filter{}, annoset.Position{}, 2)
		if err != nil {
			return err
		}
		fmt.Printf("%d of %d labels, of one moment: %v\n",
			len(page.Annotations), set.TotalAnnotations, page.Revision == set.Revision)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2 of 3 labels, of one moment: true
}

func ExampleStore_Examined() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	if err := store.MarkClean(ctx, draft.ID, "ep9.wav"); err != nil {
		log.Fatal(err)
	}
	for file, err := range store.Examined(ctx, draft.ID, annoset.Filter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(file.ID, file.Clean, len(file.Annotations))
	}
	// Output:
	// ep1.wav false 2
	// ep2.wav false 1
	// ep9.wav true 0
}

func ExampleStore_Import_again() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	labels := func(yield func(annoset.Annotation, error) bool) {
		for a, err := range store.Annotations(ctx, draft.ID, annoset.Filter{}) { // what the set has already
			if !yield(a, err) {
				return
			}
		}
		yield(annoset.Annotation{AudioFileID: "ep7.wav", ArtifactType: "glitch", StartMS: 10, EndMS: 20}, nil)
	}
	n, err := store.Import(ctx, draft.ID, labels, &annoset.ImportOptions{SkipExisting: true})
	fmt.Println(n, err)
	// Output:
	// 1 <nil>
}

func ExampleRestore() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "annoset-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, backup := filepath.Join(dir, "labels.annoset"), filepath.Join(dir, "monday.annoset")

	store, err := annoset.Open(ctx, path, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts"}); err != nil {
		log.Fatal(err)
	}
	if err := store.Backup(ctx, backup); err != nil {
		log.Fatal(err)
	}
	if _, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "a mistake"}); err != nil {
		log.Fatal(err)
	}
	err = annoset.Restore(ctx, backup, path)
	fmt.Println("busy while it is open:", errors.Is(err, annoset.ErrBusy))

	if err := store.Close(); err != nil {
		log.Fatal(err)
	}
	if err := annoset.Restore(ctx, backup, path); err != nil {
		log.Fatal(err)
	}
	if store, err = annoset.Open(ctx, path, nil); err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	datasets, err := store.Datasets(ctx)
	fmt.Println(len(datasets), datasets[0].Name, err)
	// Output:
	// busy while it is open: true
	// 1 podcasts <nil>
}
