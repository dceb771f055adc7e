package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/annoset/annoset"
)

func ExampleStore_As() {
	ctx := context.Background()
	store, draft := exampleDraft(ctx)
	defer store.Close()

	ann := store.As("ann@example.org")
	set, err := ann.NewVersion(ctx, draft.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	if err := ann.Delete(ctx, set.ID, 1); err != nil {
		log.Fatal(err)
	}
	if set, err = store.As("bob@example.org").Publish(ctx, set.ID, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println("created by", set.CreatedBy)
	fmt.Printf("edited by %q\n", set.EditedBy) // the draft that it was made of was edited unsigned
	fmt.Println("published by", set.PublishedBy)
	// Output:
	// created by ann@example.org
	// edited by ["" "ann@example.org"]
	// published by bob@example.org
}

// exampleReviewed is a store in memory with a dataset that demands an approval, and a draft in it that ann has edited.
func exampleReviewed(ctx context.Context) (*annoset.Store, annoset.AnnotationSet) {
	store, err := annoset.OpenMemory(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts", RequiredApprovals: 1})
	if err != nil {
		log.Fatal(err)
	}
	ann := store.As("ann")
	draft, err := ann.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ann.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1000, EndMS: 3000}); err != nil {
		log.Fatal(err)
	}
	if draft, err = store.SetByID(ctx, draft.ID); err != nil {
		log.Fatal(err)
	}
	return store, draft
}

func ExampleStore_Approve() {
	ctx := context.Background()
	store, draft := exampleReviewed(ctx)
	defer store.Close()
	ann, bob := store.As("ann"), store.As("bob")

	// The labels and the revision to approve come from one moment: what somebody edits in between is not approved
	// unseen. A page carries the revision that it was read at; what spans several calls is read in a View.
	listen := func() (revision int64) {
		err := store.View(ctx, func(view *annoset.Store) error {
			page, err := view.Page(ctx, draft.ID, annoset.Filter{}, annoset.Position{}, 100)
			revision = page.Revision
			return err
		})
		if err != nil {
			log.Fatal(err)
		}
		return revision
	}

	seen := listen()
	_, err := ann.Approve(ctx, draft.ID, seen, "")
	fmt.Println("ann may approve:", !errors.Is(err, annoset.ErrOwnWork))
	if _, err := bob.Approve(ctx, draft.ID, seen, "listened to all of it"); err != nil {
		log.Fatal(err)
	}
	if err := ann.MarkClean(ctx, draft.ID, "ep2.wav"); err != nil { // an edit
		log.Fatal(err)
	}
	_, err = bob.Approve(ctx, draft.ID, seen, "")
	if stale, ok := errors.AsType[*annoset.StaleError](err); ok {
		fmt.Println("changed since:", stale.Revision > stale.Seen)
	}
	_, err = ann.Publish(ctx, draft.ID, nil)
	if missing, ok := errors.AsType[*annoset.ApprovalError](err); ok {
		fmt.Println("needed:", missing.Need, "void:", missing.VoidBy)
	}
	if _, err := bob.Approve(ctx, draft.ID, listen(), "ep2 too"); err != nil {
		log.Fatal(err)
	}
	draft, err = ann.Publish(ctx, draft.ID, nil)
	fmt.Println(draft.Status, err)
	// Output:
	// ann may approve: false
	// changed since: true
	// needed: 1 void: [bob]
	// published <nil>
}

func ExampleStore_Reject() {
	ctx := context.Background()
	store, draft := exampleReviewed(ctx)
	defer store.Close()

	if _, err := store.As("bob").Reject(ctx, draft.ID, draft.Revision, "the glitch ends sooner"); err != nil {
		log.Fatal(err)
	}
	_, err := store.As("ann").Publish(ctx, draft.ID, nil)
	if refused, ok := errors.AsType[*annoset.ApprovalError](err); ok {
		fmt.Println("rejected by", refused.RejectedBy)
	}
	// Output:
	// rejected by [bob]
}

func ExampleStore_Reviews() {
	ctx := context.Background()
	store, draft := exampleReviewed(ctx)
	defer store.Close()
	if _, err := store.As("bob").Reject(ctx, draft.ID, draft.Revision, "the glitch ends sooner"); err != nil {
		log.Fatal(err)
	}
	if err := store.As("ann").Delete(ctx, draft.ID, 1); err != nil {
		log.Fatal(err)
	}

	reviews, err := store.Reviews(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range reviews {
		fmt.Println(r.Person, r.Verdict, r.Comment, "void:", r.Void)
	}
	// Output:
	// bob rejected the glitch ends sooner void: true
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

func ExampleStore_RecordTraining() {
	ctx := context.Background()
	store, v1, _ := examplePublished(ctx)
	defer store.Close()

	run, err := store.As("ann").RecordTraining(ctx, v1.ID, annoset.TrainingRun{
		Model: "tagger", ModelVersion: "7",
		Parameters: json.RawMessage(`{"learning_rate": 0.001}`),
		Metrics:    map[string]float64{"f1": 0.71},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Model, run.ModelVersion, "was trained on version", run.Version, "says", run.RecordedBy)

	err = store.DeleteSet(ctx, v1.ID)
	if refused, ok := errors.AsType[*annoset.ImmutableError](err); ok {
		fmt.Printf("%q needs it\n", refused.Models)
	}
	// Output:
	// tagger 7 was trained on version 1 says ann
	// ["tagger 7"] needs it
}

func ExampleStore_TrainingRuns() {
	ctx := context.Background()
	store, v1, v2 := examplePublished(ctx)
	defer store.Close()
	for _, set := range []annoset.AnnotationSet{v1, v2} {
		run := annoset.TrainingRun{Model: "tagger", ModelVersion: fmt.Sprint(set.Version)}
		if _, err := store.RecordTraining(ctx, set.ID, run); err != nil {
			log.Fatal(err)
		}
	}

	made, err := store.TrainingRuns(ctx, annoset.TrainingFilter{SetID: v1.ID})
	if err != nil {
		log.Fatal(err)
	}
	for _, run := range made {
		fmt.Println("version 1 made", run.Model, run.ModelVersion)
	}
	of, err := store.TrainingRuns(ctx, annoset.TrainingFilter{Model: "tagger", ModelVersion: "2"})
	if err != nil {
		log.Fatal(err)
	}
	for _, run := range of {
		fmt.Println("tagger 2 was made by version", run.Version, "with the digest", run.Digest[:15])
	}
	// Output:
	// version 1 made tagger 1
	// tagger 2 was made by version 2 with the digest sha256:f4723212
}

func ExampleStore_Tag() {
	ctx := context.Background()
	store, v1, v2 := examplePublished(ctx)
	defer store.Close()

	if err := store.Tag(ctx, v1.DatasetID, "production", v1.ID); err != nil {
		log.Fatal(err)
	}
	if err := store.Tag(ctx, v1.DatasetID, "production", v2.ID); err != nil { // moved
		log.Fatal(err)
	}
	set, err := store.Tagged(ctx, v1.DatasetID, "production")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("production is version", set.Version)
	// Output:
	// production is version 2
}

func ExampleStore_Untag() {
	ctx := context.Background()
	store, v1, _ := examplePublished(ctx)
	defer store.Close()
	if err := store.Tag(ctx, v1.DatasetID, "production", v1.ID); err != nil {
		log.Fatal(err)
	}

	fmt.Println(store.Untag(ctx, v1.DatasetID, "production"))
	tags, err := store.Tags(ctx, v1.DatasetID)
	fmt.Println(len(tags), err)
	// Output:
	// <nil>
	// 0 <nil>
}

func ExampleStore_Tagged() {
	ctx := context.Background()
	store, v1, _ := examplePublished(ctx)
	defer store.Close()

	_, err := store.Tagged(ctx, v1.DatasetID, "production")
	fmt.Println(errors.Is(err, annoset.ErrNotFound), err)
	// Output:
	// true annoset: get tagged set: tag "production": not found
}

func ExampleStore_Tags() {
	ctx := context.Background()
	store, v1, v2 := examplePublished(ctx)
	defer store.Close()
	if err := errors.Join(store.Tag(ctx, v1.DatasetID, "production", v1.ID),
		store.Tag(ctx, v1.DatasetID, "best-f1", v2.ID)); err != nil {
		log.Fatal(err)
	}

	tags, err := store.Tags(ctx, v1.DatasetID)
	if err != nil {
		log.Fatal(err)
	}
	for _, tag := range tags {
		fmt.Println(tag.Tag, "is version", tag.Version)
	}
	// Output:
	// best-f1 is version 2
	// production is version 1
}

func ExampleStore_TagHistory() {
	ctx := context.Background()
	store, v1, v2 := examplePublished(ctx)
	defer store.Close()
	if err := errors.Join(store.As("ann").Tag(ctx, v1.DatasetID, "production", v1.ID),
		store.As("bob").Tag(ctx, v1.DatasetID, "production", v2.ID)); err != nil {
		log.Fatal(err)
	}

	moves, err := store.TagHistory(ctx, v1.DatasetID, "production")
	if err != nil {
		log.Fatal(err)
	}
	for _, move := range moves {
		fmt.Println("to version", move.Version, "by", move.MovedBy)
	}
	// Output:
	// to version 1 by ann
	// to version 2 by bob
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
	// annoset: split: invalid input: train, validation and test add up to 0.8, not 1
}
