package evaluate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
)

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

// examplePublished is a store in memory with two published versions of a set.
func examplePublished(ctx context.Context) (store *annoset.Store, v1, v2 annoset.AnnotationSet) {
	store, v1 = exampleDraft(ctx)
	v1, err := store.Publish(ctx, v1.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	if v2, err = store.NewVersion(ctx, v1.ID, annoset.NewSet{}); err != nil {
		log.Fatal(err)
	}
	if err = store.Delete(ctx, v2.ID, 1); err != nil {
		log.Fatal(err)
	}
	if v2, err = store.Publish(ctx, v2.ID, nil); err != nil {
		log.Fatal(err)
	}
	return store, v1, v2
}

func ExampleAgainst() {
	ctx := context.Background()
	reference := []annoset.Annotation{
		{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1000, EndMS: 3000},
		{AudioFileID: "ep1.wav", ArtifactType: "long_pause", StartMS: 8000, EndMS: 9000},
		{AudioFileID: "ep2.wav", ArtifactType: "glitch", StartMS: 500, EndMS: 700},
	}
	predictions := []annoset.Annotation{ // in any order
		{AudioFileID: "ep2.wav", ArtifactType: "glitch", StartMS: 6000, EndMS: 6100},
		{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1150, EndMS: 3100},
		{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 8000, EndMS: 9000},
	}

	// pairs makes an iterator of labels, like the one that Store.Annotations returns.
	e, err := evaluate.Against(ctx, pairs(reference...), pairs(predictions...), &evaluate.Options{
		Matching: evaluate.Matching{OnsetCollarMS: 200, OffsetPercent: 20},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("micro:", "precision", e.Micro.Precision, "recall", e.Micro.Recall, "F1", e.Micro.F1)
	for _, name := range slices.Sorted(maps.Keys(e.ByType)) {
		s := e.ByType[name]
		fmt.Printf("%s: %d of %d found, %d wrong, precision %v\n",
			name, s.TruePositives, s.Reference, s.FalsePositives, s.Precision)
	}
	for _, m := range e.Mistakes {
		switch m.Kind {
		case evaluate.Substitution:
			fmt.Println(m.Kind, m.Reference.AudioFileID, m.Reference.StartMS, m.Prediction.ArtifactType, "for",
				m.Reference.ArtifactType)
		case evaluate.Deletion:
			fmt.Println(m.Kind, m.Reference.AudioFileID, m.Reference.StartMS, m.Reference.ArtifactType)
		case evaluate.Insertion:
			fmt.Println(m.Kind, m.Prediction.AudioFileID, m.Prediction.StartMS, m.Prediction.ArtifactType)
		}
	}
	// Output:
	// micro: precision 0.3333 recall 0.3333 F1 0.3333
	// glitch: 1 of 2 found, 2 wrong, precision 0.3333
	// long_pause: 0 of 1 found, 0 wrong, precision undefined
	// substitution ep1.wav 8000 glitch for long_pause
	// deletion ep2.wav 500 glitch
	// insertion ep2.wav 6000 glitch
}

func ExampleAgainst_segments() {
	ctx := context.Background()
	reference := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 4000})
	predictions := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 1000, EndMS: 5000})

	e, err := evaluate.Against(ctx, reference, predictions, &evaluate.Options{
		Matching: evaluate.Matching{By: evaluate.MatchSegments, SegmentMS: 1000},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Micro.TruePositives, "of", e.Micro.Reference, "seconds found; F1", e.Micro.F1)
	fmt.Println("missed from", e.Mistakes[0].Reference.StartMS, "to", e.Mistakes[0].Reference.EndMS, "ms")
	// Output:
	// 3 of 4 seconds found; F1 0.7500
	// missed from 0 to 1000 ms
}

// A prediction on an audio file that the set marks as clean is wrong, and each mistake names the label to look at.
func ExampleAgainstSet() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	if err := store.MarkClean(ctx, draft.ID, "ep3.wav"); err != nil {
		log.Fatal(err)
	}
	predictions := pairs(
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1000, EndMS: 2800},
		annoset.Annotation{AudioFileID: "ep3.wav", ArtifactType: "glitch", StartMS: 100, EndMS: 200},
	)

	e, err := evaluate.AgainstSet(ctx, store, draft.ID, predictions, &evaluate.Options{
		Matching: evaluate.Matching{By: evaluate.MatchIoU, MinIoU: 0.5},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.AudioFiles, "files, F1", e.Micro.F1)
	for _, m := range e.Mistakes {
		if m.Kind == evaluate.Deletion {
			fmt.Println("missed label", m.Reference.ID, "in", m.Reference.AudioFileID)
		} else {
			fmt.Println("nothing at", m.Prediction.StartMS, "ms in", m.Prediction.AudioFileID)
		}
	}
	// Output:
	// 3 files, F1 0.4000
	// missed label 2 in ep1.wav
	// missed label 3 in ep2.wav
	// nothing at 100 ms in ep3.wav
}

// The test part of a split has the audio files that the model has not learned from. It may predict on all files.
func ExampleAgainstPart() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()
	if _, err := store.Publish(ctx, draft.ID, nil); err != nil {
		log.Fatal(err)
	}
	training, err := store.TrainingSet(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	part, err := training.Part(annoset.Split{Train: 0.5, Validation: 0.25, Test: 0.25}, annoset.Test)
	if err != nil {
		log.Fatal(err)
	}
	predictions := pairs(
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1100, EndMS: 3000},
		annoset.Annotation{AudioFileID: "ep2.wav", ArtifactType: "glitch", StartMS: 500, EndMS: 600},
	)

	result, err := evaluate.AgainstPart(ctx, part, predictions, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.AudioFiles, "file, precision", result.Micro.Precision, "recall", result.Micro.Recall)
	fmt.Println(result.SkippedPredictions, "prediction in other parts")
	for _, name := range slices.Sorted(maps.Keys(result.ByType)) {
		fmt.Println(name, "F1", result.ByType[name].F1)
	}
	// Output:
	// 1 file, precision 1.0000 recall 0.5000
	// 1 prediction in other parts
	// glitch F1 1.0000
	// hum F1 undefined
	// long_pause F1 0.0000
}

func ExampleAgree() {
	ctx := context.Background()
	anna := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 5000})
	ben := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 4000})

	a, err := evaluate.Agree(ctx, anna, ben, &evaluate.AgreementOptions{
		DurationsMS: map[string]int64{"ep1.wav": 10_000},
	})
	if err != nil {
		log.Fatal(err)
	}
	// They agree for 4 + 5 of 10 s; by chance they would for 5/10 * 4/10 + 5/10 * 6/10 of the time.
	hum := a.ByType["hum"]
	fmt.Println("observed", hum.Observed, "expected", hum.Expected, "kappa", hum.Kappa)
	// Output:
	// observed 0.9000 expected 0.5000 kappa 0.8000
}

func ExampleAgreeSets() {
	ctx := context.Background()
	store, first := exampleDraft(ctx)
	defer store.Close()
	second, err := store.CreateSet(ctx, first.DatasetID, annoset.NewSet{Notes: "by another annotator"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Add(ctx, second.ID,
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1000, EndMS: 3000},
	); err != nil {
		log.Fatal(err)
	}

	a, err := evaluate.AgreeSets(ctx, store, first.ID, second.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.AudioFiles, "files that both examined,", a.SkippedAudioFiles, "that one did")
	for _, name := range slices.Sorted(maps.Keys(a.ByType)) {
		fmt.Println(name, "F1", a.ByType[name].F1, "kappa", a.ByType[name].Kappa)
	}
	// Output:
	// 1 files that both examined, 1 that one did
	// glitch F1 1.0000 kappa 1.0000
	// long_pause F1 0.0000 kappa 0.0000
}

func ExampleCompareRuns() {
	ctx := context.Background()
	store, v1, v2 := examplePublished(ctx)
	defer store.Close()
	record := func(set annoset.AnnotationSet, version, parameters string, f1 float64) annoset.TrainingRun {
		run, err := store.RecordTraining(ctx, set.ID, annoset.TrainingRun{
			Model: "tagger", ModelVersion: version, Parameters: json.RawMessage(parameters),
			Metrics: map[string]float64{"f1": f1},
		})
		if err != nil {
			log.Fatal(err)
		}
		return run
	}
	a := record(v1, "7", `{"epochs": 20, "learning_rate": 0.001}`, 0.71)
	b := record(v2, "8", `{"epochs": 30, "learning_rate": 0.001}`, 0.78)

	c := evaluate.CompareRuns(a, b)
	fmt.Println("the same labels:", c.SameLabels)
	fmt.Print(c)
	// Output:
	// the same labels: false
	// model   tagger 7         tagger 8
	// labels  v1               v2
	// digest  sha256:b498d37f  sha256:f4723212
	// f1      0.71             0.78
	// epochs  20               30
}
