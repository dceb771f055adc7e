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
	"log"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
)

func main() {
	log.SetFlags(0)
	db := flag.String("db", "", "file to keep the store in (default: in memory)")
	flag.Parse()
	ctx := context.Background()
	store := must(open(ctx, *db))
	defer store.Close()
	t := &team{ctx: ctx, store: store, ann: store.As("ann"), ben: store.As("ben")}
	data, err := store.CreateDataset(ctx, annoset.NewDataset{
		Name: "podcasts", RequiredApprovals: 1,
		ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}, {Name: "hum"}},
	})
	if errors.Is(err, annoset.ErrExists) {
		data, err = store.DatasetByName(ctx, "podcasts") // a second run adds versions to the same file
	}
	check(err)
	t.data = data
	old := t.label()
	first := t.train(old, "1")
	mistakes := t.evaluate(old)
	better := t.improve(old, mistakes)
	second := t.train(better, "2")
	t.compare(better, first, second)
	t.agree(better)
	t.lookBack(old, mistakes)
}

// team are two people with one store, and the dataset that they work on.
type team struct {
	ctx             context.Context
	store, ann, ben *annoset.Store
	data            annoset.Dataset
}

// label makes the first version: labeled by ann, checked, reviewed by ben.
func (t *team) label() annoset.AnnotationSet {
	chapter("Ann labels a first draft, and has it checked")
	draft := must(t.ann.CreateSet(t.ctx, t.data.ID, annoset.NewSet{Notes: "Ann's first pass."}))
	must(t.ann.Add(t.ctx, draft.ID, firstPass()...))
	check(t.ann.MarkClean(t.ctx, draft.ID, silence))
	_, err := t.ann.Publish(t.ctx, draft.ID, publishing())
	say("publishing is refused: %s", reason(err))
	draft = must(t.store.SetByID(t.ctx, draft.ID))
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
	draft = must(t.store.SetByID(t.ctx, draft.ID))
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

// split keeps an episode in its part in every version.
var split = annoset.Split{Seed: 1, Train: 0.5, Validation: 0.2, Test: 0.3}

// train reads the training part of a set, writes down how good the model is on the test part, and moves the tag.
func (t *team) train(set annoset.AnnotationSet, version string) annoset.TrainingRun {
	chapter("A model is trained on v%d", set.Version)
	training := must(t.store.TrainingSet(t.ctx, set.ID))
	for _, name := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
		part := must(training.Part(split, name))
		labels := 0
		for _, err := range part.Annotations(t.ctx, annoset.Filter{}) {
			check(err)
			labels++
		}
		say("    %-10s %2d audio files, %2d labels", name, len(t.files(part)), labels)
	}
	result := t.test(set, version)
	run := must(t.ben.RecordTraining(t.ctx, set.ID, annoset.TrainingRun{
		Model: "detector", ModelVersion: version, Parameters: json.RawMessage(`{"epochs": ` + version + `0, "rate": 0.001}`),
		Metrics: map[string]float64{"f1": result.F1.Value, "precision": result.Precision.Value},
	}))
	check(t.ben.Tag(t.ctx, t.data.ID, "production", set.ID))
	say("detector %s is recorded, and v%d tagged production", version, set.Version)
	return run
}

// test measures a model on the test part of a set alone: it has learnt from the rest.
func (t *team) test(set annoset.AnnotationSet, version string) evaluate.Score {
	training := must(t.store.TrainingSet(t.ctx, set.ID))
	part := must(training.Part(split, annoset.Test))
	return must(evaluate.AgainstPart(t.ctx, part, predictions(version), nil)).Micro
}

// files are the audio files of a part.
func (t *team) files(part *annoset.TrainingPart) []string {
	files := []string{}
	for file, err := range part.AudioFiles(t.ctx) {
		check(err)
		files = append(files, file)
	}
	return files
}

// evaluate measures the first model's predictions, and returns where they differ from the labels.
func (t *team) evaluate(set annoset.AnnotationSet) []evaluate.Mistake {
	chapter("Where the model errs is where to listen again")
	result := must(evaluate.AgainstSet(t.ctx, t.store, set.ID, predictions("1"), nil))
	say("    %-12s %4s %4s %4s %9s %9s %9s", "", "TP", "FP", "FN", "precision", "recall", "F1")
	row := func(name string, s evaluate.Score) {
		say("    %-12s %4d %4d %4d %9s %9s %9s", name, s.TruePositives, s.FalsePositives, s.FalseNegatives,
			percent(s.Precision), percent(s.Recall), percent(s.F1))
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

// improve makes the next version of what the mistakes have shown.
func (t *team) improve(old annoset.AnnotationSet, mistakes []evaluate.Mistake) annoset.AnnotationSet {
	chapter("Three of these were wrong labels: a new version starts as v%d, and mends them", old.Version)
	draft := must(t.ann.NewVersion(t.ctx, old.ID, annoset.NewSet{Notes: "What the first model has shown."}))
	for _, m := range mistakes {
		switch {
		case m.Kind == evaluate.Substitution: // ann listened again: the model is right
			a := *m.Reference
			a.ArtifactType = m.Prediction.ArtifactType
			check(t.ann.Update(t.ctx, draft.ID, a))
		case m.Kind == evaluate.Insertion && *m.Prediction.Confidence > 0.8:
			must(t.ann.Add(t.ctx, draft.ID, *m.Prediction))
		case m.Kind == evaluate.Deletion && m.Reference.EndMS-m.Reference.StartMS < 100:
			check(t.ann.Delete(t.ctx, draft.ID, m.Reference.ID))
		}
	}
	for c, err := range t.store.Diff(t.ctx, old.ID, draft.ID, nil) {
		check(err)
		say("    %-11s %s", c.Kind, both(c.Before, c.After))
	}
	better := t.reviewAndPublish(draft)
	say("its notes, with the change log:")
	for line := range strings.Lines(better.Notes) {
		say("    | %s", strings.TrimRight(line, "\n"))
	}
	return better
}

// compare puts the two models side by side. The figures that were recorded are each of other labels, so both models are
// measured on the better ones too.
func (t *team) compare(better annoset.AnnotationSet, first, second annoset.TrainingRun) {
	chapter("Was it worth it?")
	for line := range strings.Lines(evaluate.CompareRuns(first, second).String()) {
		say("    %s", strings.TrimRight(line, "\n"))
	}
	say("both measured by the same labels, the test part of v%d:", better.Version)
	for _, run := range []annoset.TrainingRun{first, second} {
		s := t.test(better, run.ModelVersion)
		say("    detector %s  F1 %s, missed %d, false alarms %d", run.ModelVersion, percent(s.F1), s.FalseNegatives,
			s.FalsePositives)
	}
	say("the tag production was moved:")
	for _, move := range must(t.store.TagHistory(t.ctx, t.data.ID, "production")) {
		say("    to v%d by %s", move.Version, move.MovedBy)
	}
}

// agree has ben label by himself, and tells how far two people agree.
func (t *team) agree(better annoset.AnnotationSet) {
	chapter("Ben labels the same audio, unseen: how far do two people agree?")
	own := must(t.ben.CreateSet(t.ctx, t.data.ID, annoset.NewSet{Notes: "Ben, alone"}))
	must(t.ben.Add(t.ctx, own.ID, secondOpinion()...))
	check(t.ben.MarkClean(t.ctx, own.ID, silence))
	agreement := must(evaluate.AgreeSets(t.ctx, t.store, better.ID, own.ID, nil))
	say("    %-12s %6s %6s", "", "F1", "kappa")
	for _, kind := range t.data.ArtifactTypes {
		if a, used := agreement.ByType[kind.Name]; used {
			say("    %-12s %6s %6s", kind.Name, a.F1, a.Kappa)
		}
	}
	say("    %-12s %6s %6s", "all", agreement.Overall.F1, agreement.Overall.Kappa)
	check(t.ben.DeleteSet(t.ctx, own.ID)) // a draft may go
}

// lookBack asks, years later, what became of a label that was relabelled, and which labels made which model.
func (t *team) lookBack(old annoset.AnnotationSet, mistakes []evaluate.Mistake) {
	chapter("Years later")
	for _, m := range mistakes {
		if m.Kind != evaluate.Substitution {
			continue
		}
		for _, state := range must(t.store.AnnotationHistory(t.ctx, m.Reference.ID)) {
			say("    label %d in v%d: %-10s %s", m.Reference.ID, state.Version, state.Kind, describe(state.Annotation))
		}
	}
	for _, run := range must(t.store.TrainingRuns(t.ctx, annoset.TrainingFilter{DatasetID: t.data.ID})) {
		say("    %s %s was made by v%d, %s…", run.Model, run.ModelVersion, run.Version, run.Digest[:19])
	}
	say("v%d cannot go: %s", old.Version, reason(t.store.DeleteSet(t.ctx, old.ID)))
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
		return "published, and what was trained on it needs it: " + strings.Join(e.Models, ", ")
	}
	text, _, _ := strings.Cut(err.Error(), "; first, ") // what a check found first is listed by itself
	if _, after, found := strings.Cut(text, "annoset: "); found {
		return after
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
