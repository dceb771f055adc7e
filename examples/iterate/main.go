// Iterate goes once round the loop of a team that labels audio and trains models: label, check, review, publish, train,
// evaluate, find the mistakes, fix them in a new version, say what changed, and train again.
//
//	go run ./examples/iterate                  # in memory
//	go run ./examples/iterate -db my.annoset   # kept in a file, to look at
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"strings"

	"github.com/annoset/annoset"
)

func main() {
	log.SetFlags(0)
	db := flag.String("db", "", "file to keep the store in (default: in memory)")
	flag.Parse()
	ctx := context.Background()
	store := must(open(ctx, *db))
	defer store.Close()
	t := &team{ctx: ctx, store: store, ann: store.As("ann"), ben: store.As("ben")}
	t.data = must(store.CreateDataset(ctx, annoset.NewDataset{
		Name: "podcasts", RequiredApprovals: 1,
		ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}, {Name: "hum"}},
	}))
	v1 := t.label()
	first := t.train(v1, "1")
	mistakes := t.evaluate(v1)
	v2 := t.improve(v1, mistakes)
	second := t.train(v2, "2")
	t.compare(first, second)
	t.lookBack(v1)
}

// team are two people with one store, and the dataset that they work on.
type team struct {
	ctx             context.Context
	store, ann, ben *annoset.Store
	data            annoset.Dataset
}

// label makes the first version: labelled by ann, checked, reviewed by ben.
func (t *team) label() annoset.AnnotationSet {
	chapter("Ann labels a first draft, and has it checked")
	draft := must(t.ann.CreateSet(t.ctx, t.data.ID, annoset.NewSet{Notes: "Ann's first pass."}))
	must(t.ann.Add(t.ctx, draft.ID, firstPass()...))
	check(t.ann.MarkClean(t.ctx, draft.ID, "ep9.wav"))
	_, err := t.ann.Publish(t.ctx, draft.ID, publishing())
	say("publishing is refused: %s", reason(err))
	draft = must(t.store.Set(t.ctx, draft.ID))
	_, err = t.ann.Approve(t.ctx, draft.ID, draft.Revision, "fine")
	say("so is Ann's own approval: %s", reason(err))
	must(t.ben.Approve(t.ctx, draft.ID, draft.Revision, "looks right to me"))
	_, err = t.ann.Publish(t.ctx, draft.ID, publishing())
	say("Ben approves, and the check refuses: %s", reason(err))

	report := must(t.store.Check(t.ctx, draft.ID, nil))
	for _, f := range report.Findings {
		say("    %-8s %-10s %s", f.Severity, f.Kind, f.Message)
		if f.Severity == annoset.SeverityError {
			check(t.ann.Delete(t.ctx, draft.ID, f.Annotations[len(f.Annotations)-1].ID))
		}
	}
	_, err = t.ann.Publish(t.ctx, draft.ID, publishing())
	say("Ann mends it, which voids the approval: %s", reason(err))
	return t.reviewAndPublish(draft)
}

// reviewAndPublish has ben approve what is there now, and ann publish it.
func (t *team) reviewAndPublish(draft annoset.AnnotationSet) annoset.AnnotationSet {
	draft = must(t.store.Set(t.ctx, draft.ID))
	must(t.ben.Approve(t.ctx, draft.ID, draft.Revision, "all heard again"))
	set := must(t.ann.Publish(t.ctx, draft.ID, publishing()))
	say("v%d is published by %s: %d labels in %d audio files, %d clean, %s…", set.Version, set.PublishedBy,
		set.TotalAnnotations, set.AnnotatedAudioFiles, set.CleanAudioFiles, set.Digest[:19])
	return set
}

// publishing asks for a check, and for the change log as notes.
func publishing() *annoset.PublishOptions {
	return &annoset.PublishOptions{Check: &annoset.CheckOptions{}, ChangeLog: true}
}

// train reads the training part of a set, and writes down what came of it.
func (t *team) train(set annoset.AnnotationSet, version string) annoset.TrainingRun {
	chapter("A model is trained on v%d", set.Version)
	training := must(t.store.TrainingSet(t.ctx, set.ID))
	split := annoset.Split{Seed: 7, Train: 0.6, Validation: 0.2, Test: 0.2}
	for _, name := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
		part := must(training.Part(split, name))
		files, labels := 0, 0
		for _, err := range part.AudioFiles(t.ctx) {
			check(err)
			files++
		}
		for _, err := range part.Annotations(t.ctx, annoset.Filter{}) {
			check(err)
			labels++
		}
		say("    %-10s %2d audio files, %2d labels", name, files, labels)
	}
	result := must(t.store.Evaluate(t.ctx, set.ID, predictions(version), nil))
	run := must(t.ben.RecordTraining(t.ctx, set.ID, annoset.TrainingRun{
		Model: "detector", ModelVersion: version, Parameters: json.RawMessage(`{"epochs": ` + version + `0, "rate": 0.001}`),
		Metrics: map[string]float64{"f1": result.Micro.F1.Value, "precision": result.Micro.Precision.Value},
	}))
	if set.Version > 1 {
		check(t.ben.Tag(t.ctx, t.data.ID, "production", set.ID))
	}
	return run
}

// evaluate measures the first model's predictions, and returns where they differ from the labels.
func (t *team) evaluate(set annoset.AnnotationSet) []annoset.Mistake {
	chapter("Where the model errs is where to listen again")
	result := must(t.store.Evaluate(t.ctx, set.ID, predictions("1"), nil))
	say("    %-12s %4s %4s %4s %9s %9s %9s", "", "TP", "FP", "FN", "precision", "recall", "F1")
	row := func(name string, s annoset.Score) {
		say("    %-12s %4d %4d %4d %9s %9s %9s", name, s.TruePositives, s.FalsePositives, s.FalseNegatives, percent(s.Precision),
			percent(s.Recall), percent(s.F1))
	}
	for _, kind := range t.data.ArtifactTypes {
		row(kind.Name, result.ByType[kind.Name])
	}
	row("all", result.Micro)
	for _, m := range result.Mistakes {
		say("    %-13s %s", m.Kind, both(m.Reference, m.Prediction))
	}
	return result.Mistakes
}

// improve makes the second version of what the mistakes have shown.
func (t *team) improve(v1 annoset.AnnotationSet, mistakes []annoset.Mistake) annoset.AnnotationSet {
	chapter("Three of these were wrong labels: v2 starts as v1, and mends them")
	draft := must(t.ann.NewVersion(t.ctx, v1.ID, annoset.NewSet{Notes: "What the first model has shown."}))
	for _, m := range mistakes {
		switch {
		case m.Kind == annoset.Substitution: // ann listened again: the model is right
			a := *m.Reference
			a.ArtifactType = m.Prediction.ArtifactType
			check(t.ann.Update(t.ctx, draft.ID, a))
		case m.Kind == annoset.Insertion && *m.Prediction.Confidence > 0.8:
			must(t.ann.Add(t.ctx, draft.ID, *m.Prediction))
		case m.Kind == annoset.Deletion && m.Reference.EndMS-m.Reference.StartMS < 100:
			check(t.ann.Delete(t.ctx, draft.ID, m.Reference.ID))
		}
	}
	for c, err := range t.store.Diff(t.ctx, v1.ID, draft.ID, nil) {
		check(err)
		say("    %-11s %s", c.Kind, both(c.Before, c.After))
	}
	v2 := t.reviewAndPublish(draft)
	say("its notes, with the change log:")
	for line := range strings.Lines(v2.Notes) {
		say("    | %s", strings.TrimRight(line, "\n"))
	}
	return v2
}

// compare puts the two models side by side, and two people.
func (t *team) compare(first, second annoset.TrainingRun) {
	chapter("Was it worth it?")
	for line := range strings.Lines(annoset.CompareTraining(first, second).String()) {
		say("    %s", strings.TrimRight(line, "\n"))
	}
	best := must(t.store.Tagged(t.ctx, t.data.ID, "production"))
	say("the tag production points at v%d", best.Version)

	chapter("Ben labels the same audio, unseen: how far do two people agree?")
	own := must(t.ben.CreateSet(t.ctx, t.data.ID, annoset.NewSet{Notes: "Ben, alone"}))
	must(t.ben.Add(t.ctx, own.ID, secondOpinion()...))
	check(t.ben.MarkClean(t.ctx, own.ID, "ep9.wav"))
	agreement := must(t.store.MeasureAgreement(t.ctx, best.ID, own.ID, nil))
	say("    %-12s %6s %6s", "", "F1", "kappa")
	for _, kind := range t.data.ArtifactTypes {
		if a, used := agreement.ByType[kind.Name]; used {
			say("    %-12s %6s %6s", kind.Name, a.F1, a.Kappa)
		}
	}
	say("    %-12s %6s %6s", "all", agreement.Overall.F1, agreement.Overall.Kappa)
	check(t.ben.DeleteSet(t.ctx, own.ID)) // a draft may go
}

// lookBack asks, years later, what became of a label, and which labels made which model.
func (t *team) lookBack(v1 annoset.AnnotationSet) {
	chapter("Years later")
	history := must(t.store.LabelHistory(t.ctx, 3))
	for _, state := range history {
		say("    label 3 in v%d: %-10s %s", state.Version, state.Kind, describe(state.Annotation))
	}
	for _, run := range must(t.store.TrainingRuns(t.ctx, annoset.TrainingFilter{Model: "detector"})) {
		say("    detector %s was made by v%d, %s…", run.ModelVersion, run.Version, run.Digest[:19])
	}
	err := t.store.DeleteSet(t.ctx, v1.ID)
	say("v1 cannot go: %s", reason(err))
	say("the whole history is one text: %d bytes of Markdown", len(must(t.store.DatasetChangeLog(t.ctx, t.data.ID))))
}

func open(ctx context.Context, db string) (*annoset.Store, error) {
	if db == "" {
		return annoset.OpenMemory(ctx, nil)
	}
	return annoset.Open(ctx, db, nil)
}

// reason is an error without ids, which differ from run to run.
func reason(err error) string {
	if e, ok := errors.AsType[*annoset.ImmutableError](err); ok {
		return fmt.Sprintf("published, and %d model was trained on it: %s", len(e.Models), strings.Join(e.Models, ", "))
	}
	text := err.Error()
	if i := strings.Index(text, "annoset: "); i >= 0 {
		return text[i+len("annoset: "):]
	}
	return text
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
