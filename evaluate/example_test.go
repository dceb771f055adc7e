package annoset_test

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/annoset/annoset"
)

func ExampleEvaluate() {
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

	// pairs makes a stream of labels, as Store.Annotations is one.
	e, err := annoset.Evaluate(ctx, pairs(reference...), pairs(predictions...), &annoset.EvaluateOptions{
		Matching: annoset.Matching{OnsetCollarMS: 200, OffsetPercent: 20},
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
		case annoset.Substitution:
			fmt.Println(m.Kind, m.Reference.AudioFileID, m.Reference.StartMS, m.Prediction.ArtifactType, "for",
				m.Reference.ArtifactType)
		case annoset.Deletion:
			fmt.Println(m.Kind, m.Reference.AudioFileID, m.Reference.StartMS, m.Reference.ArtifactType)
		case annoset.Insertion:
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

func ExampleEvaluate_segments() {
	ctx := context.Background()
	reference := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 4000})
	predictions := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 1000, EndMS: 5000})

	e, err := annoset.Evaluate(ctx, reference, predictions, &annoset.EvaluateOptions{
		Matching: annoset.Matching{By: annoset.MatchSegments, SegmentMS: 1000},
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
func ExampleStore_Evaluate() {
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

	e, err := store.Evaluate(ctx, draft.ID, predictions, &annoset.EvaluateOptions{
		Matching: annoset.Matching{By: annoset.MatchIoU, MinIoU: 0.5},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.AudioFiles, "files, F1", e.Micro.F1)
	for _, m := range e.Mistakes {
		if m.Kind == annoset.Deletion {
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

func ExampleMeasureAgreement() {
	ctx := context.Background()
	anna := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 5000})
	ben := pairs(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 0, EndMS: 4000})

	a, err := annoset.MeasureAgreement(ctx, anna, ben, &annoset.AgreementOptions{
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

func ExampleStore_MeasureAgreement() {
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

	a, err := store.MeasureAgreement(ctx, first.ID, second.ID, nil)
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

func ExampleTrainingSet_Part() {
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

	split := annoset.Split{Train: 0.5, Validation: 0.25, Test: 0.25}
	for _, part := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
		p, err := training.Part(split, part)
		if err != nil {
			log.Fatal(err)
		}
		for a, err := range p.Annotations(ctx, annoset.Filter{}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(part, a.AudioFileID, a.ArtifactType)
		}
	}
	// Output:
	// train ep2.wav glitch
	// test ep1.wav glitch
	// test ep1.wav long_pause
}

func ExampleSplit_PartOf() {
	split := annoset.Split{Seed: 2026, Train: 0.8, Validation: 0.1, Test: 0.1}
	for _, id := range []string{"ep1.wav", "ep2.wav"} {
		part, err := split.PartOf(id)
		fmt.Println(id, part, err)
	}
	_, err := annoset.Split{Train: 0.8}.PartOf("ep1.wav")
	fmt.Println(err)
	// Output:
	// ep1.wav train <nil>
	// ep2.wav train <nil>
	// split: annoset: invalid input: train, validation and test add up to 0.8, not 1
}
