package annosettest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"path/filepath"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// example stands for the t of a test function.
func example() *recorder { return &recorder{name: "Example"} }

// A test of a pipeline publishes a set in memory, runs the pipeline, and reads what came of it.
func Example() {
	t := example() // in a test it is the t of the test function
	defer t.end()

	s := annosettest.New(t)
	v1 := annosettest.Publish(t, s,
		"ep1.wav glitch 100 120",
		"ep1.wav long_pause 4000 9000 0.8",
		"ep2.wav clean")

	v2, err := dropShort(context.Background(), s, v1.ID, 50) // the pipeline under test
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range annosettest.Lines(t, s, v2.ID) {
		fmt.Println(line)
	}
	// Output:
	// ep1.wav long_pause 4000 9000 0.8
	// ep2.wav clean
}

// A line that cannot be read fails the test, and so does one that the store refuses.
func ExampleDraft() {
	t := example()
	defer t.end()
	s := annosettest.New(t)
	draft := annosettest.Draft(t, s, `
		ep1.wav glitch 0 120
		ep1.wav glitch 500 700 0.8
		"my file.wav" "long pause" 0 9000 {"by":"ann"}
		ep2.wav clean
	`)
	fmt.Println(draft.Version, draft.TotalAnnotations, draft.CleanAudioFiles)
	// Output: 1 3 1
}

// Create the dataset "test" first to give it a vocabulary, or audio files with known durations.
func ExampleDraft_vocabulary() {
	t := example()
	defer t.end()
	s := annosettest.New(t)
	ctx := context.Background()
	if _, err := s.CreateDataset(ctx, annoset.NewDataset{
		Name: "test", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}},
	}); err != nil {
		t.Fatal(err)
	}
	draft := annosettest.Draft(t, s, "ep1.wav glitch 0 120")
	fmt.Println(draft.AnnotationsByType)
	// Output: map[glitch:1 long_pause:0]
}

// The first run, with ANNOSET_UPDATE=1 in the environment, writes the folder. Look at it, and commit it.
func ExampleGolden() {
	t := example()
	defer t.end()
	s := annosettest.New(t)
	v1 := annosettest.Draft(t, s, "ep1.wav glitch 0 120", "ep2.wav clean")
	golden := filepath.Join(t.TempDir(), "golden") // in a test: "testdata/golden"
	if err := s.Export(context.Background(), v1.ID, golden); err != nil {
		t.Fatal(err)
	}

	annosettest.Golden(t, s, v1.ID, golden) // passes
	fmt.Println(t.Failed())
	// Output: false
}

func ExampleGenerate() {
	for a, err := range annosettest.Generate(1, annosettest.Shape{AudioFiles: 1, LabelsPerFile: 3, Confidence: true}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS, *a.Confidence)
	}
	// Output:
	// audio-1.wav long_pause 5827 8284 0.352
	// audio-1.wav long_pause 9284 10594 0.864
	// audio-1.wav long_pause 11594 12616 0.059
}

// Whoever evaluates these predictions must come to 190 true positives: the set has 200 labels, and 6 + 4 are wrong.
func ExamplePredictions() {
	t := example()
	defer t.end()
	s := annosettest.New(t)
	ctx := context.Background()
	draft := annosettest.Draft(t, s)
	if _, err := s.Import(ctx, draft.ID, annosettest.Generate(1, annosettest.Shape{}), nil); err != nil {
		t.Fatal(err)
	}
	v1, err := s.Publish(ctx, draft.ID, nil)
	if err != nil {
		t.Fatal(err)
	}

	n := 0
	for _, err := range annosettest.Predictions(t, s, v1.ID, 1, annosettest.Mistakes{
		Deletions: 6, Insertions: 5, Substitutions: 4,
	}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	fmt.Println(v1.TotalAnnotations, "labels,", n, "predictions")
	// Output: 200 labels, 199 predictions
}

// The loop fails each statement of a pipeline in turn, until the pipeline passes. After each failure, what was
// published before is as it was.
func ExampleNewFaulty() {
	t := example()
	defer t.end()
	ctx := context.Background()
	errDisk := errors.New("disk on fire")
	failures := 0
	for n := 1; ; n++ {
		s, faults := annosettest.NewFaulty(t)
		v1 := annosettest.Publish(t, s, "ep1.wav glitch 100 120", "ep2.wav clean")

		faults.FailAt(n, errDisk)
		_, err := dropShort(ctx, s, v1.ID, 50) // the pipeline under test
		fired := faults.Fired()
		faults.FailAt(0, nil) // reading the outcome must not fail

		if !fired {
			fmt.Println("passed:", err == nil)
			break
		}
		failures++
		if !errors.Is(err, errDisk) {
			t.Fatalf("statement %d failed unnoticed: %v", n, err)
		}
		if err := s.Verify(ctx, v1.ID); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("failed at many statements before:", failures > 10)
	// Output:
	// passed: true
	// failed at many statements before: true
}
