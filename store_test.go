package annoset_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// storeCalls are all methods of a store but Close and As, with arguments of a set and a dataset that exist.
func storeCalls(s *annoset.Store, set annoset.AnnotationSet, dir string) (reads, writes map[string]func(context.Context) error) {
	id := set.ID
	reads = map[string]func(context.Context) error{
		"Dataset":       func(ctx context.Context) error { return errOf(s.Dataset(ctx, set.DatasetID)) },
		"DatasetByName": func(ctx context.Context) error { return errOf(s.DatasetByName(ctx, "one")) },
		"Datasets":      func(ctx context.Context) error { return errOf(s.Datasets(ctx)) },
		"AudioFiles":    func(ctx context.Context) error { return errOf(s.AudioFiles(ctx, set.DatasetID)) },
		"SetByID":       func(ctx context.Context) error { return errOf(s.SetByID(ctx, id)) },
		"SetByVersion":  func(ctx context.Context) error { return errOf(s.SetByVersion(ctx, set.DatasetID, 1)) },
		"LatestPublished": func(ctx context.Context) error {
			return errOf(s.LatestPublished(ctx, set.DatasetID))
		},
		"Sets":            func(ctx context.Context) error { return errOf(s.Sets(ctx, set.DatasetID, annoset.SetFilter{})) },
		"Annotation":      func(ctx context.Context) error { return errOf(s.Annotation(ctx, id, 1)) },
		"Annotations":     func(ctx context.Context) error { return lastErr(s.Annotations(ctx, id, annoset.Filter{})) },
		"CleanAudioFiles": func(ctx context.Context) error { return lastErr(s.CleanAudioFiles(ctx, id)) },
		"Examined":        func(ctx context.Context) error { return lastErr(s.Examined(ctx, id, annoset.Filter{})) },
		"View":            func(ctx context.Context) error { return s.View(ctx, func(*annoset.Store) error { return nil }) },
		"Page": func(ctx context.Context) error {
			return errOf(s.Page(ctx, id, annoset.Filter{}, annoset.Position{}, 1))
		},
		"Diff":        func(ctx context.Context) error { return lastErr(s.Diff(ctx, id, id, nil)) },
		"DiffSummary": func(ctx context.Context) error { return errOf(s.DiffSummary(ctx, id, id, nil)) },
		"ChangeLog":   func(ctx context.Context) error { return errOf(s.ChangeLog(ctx, id, id)) },
		"DatasetChangeLog": func(ctx context.Context) error {
			return errOf(s.DatasetChangeLog(ctx, set.DatasetID))
		},
		"AnnotationHistory": func(ctx context.Context) error { return errOf(s.AnnotationHistory(ctx, 1)) },
		"Stats":             func(ctx context.Context) error { return errOf(s.Stats(ctx, id)) },
		"TrainingSet":       func(ctx context.Context) error { return errOf(s.TrainingSet(ctx, id)) },
		"Check":             func(ctx context.Context) error { return errOf(s.Check(ctx, id, nil)) },
		"Reviews":           func(ctx context.Context) error { return errOf(s.Reviews(ctx, id)) },
		"TrainingRuns": func(ctx context.Context) error {
			return errOf(s.TrainingRuns(ctx, annoset.TrainingFilter{SetID: id}))
		},
		"Tagged":     func(ctx context.Context) error { return errOf(s.Tagged(ctx, set.DatasetID, "best")) },
		"Tags":       func(ctx context.Context) error { return errOf(s.Tags(ctx, set.DatasetID)) },
		"TagHistory": func(ctx context.Context) error { return errOf(s.TagHistory(ctx, set.DatasetID, "best")) },
		"Verify":     func(ctx context.Context) error { return s.Verify(ctx, id) },
		"Backup":     func(ctx context.Context) error { return s.Backup(ctx, filepath.Join(dir, "backup")) },
		"Export":     func(ctx context.Context) error { return s.Export(ctx, id, filepath.Join(dir, "export")) },
	}
	writes = map[string]func(context.Context) error{
		"CreateDataset": func(ctx context.Context) error {
			return errOf(s.CreateDataset(ctx, annoset.NewDataset{Name: "new"}))
		},
		"UpdateDataset": func(ctx context.Context) error {
			return errOf(s.UpdateDataset(ctx, set.DatasetID, annoset.DatasetPatch{}))
		},
		"DeleteDataset": func(ctx context.Context) error { return s.DeleteDataset(ctx, set.DatasetID) },
		"AddAudioFiles": func(ctx context.Context) error { return s.AddAudioFiles(ctx, set.DatasetID) },
		"CreateSet":     func(ctx context.Context) error { return errOf(s.CreateSet(ctx, set.DatasetID, annoset.NewSet{})) },
		"NewVersion":    func(ctx context.Context) error { return errOf(s.NewVersion(ctx, id, annoset.NewSet{})) },
		"CopyAnnotations": func(ctx context.Context) error {
			return errOf(s.CopyAnnotations(ctx, id, id, annoset.Filter{}))
		},
		"UpdateSet":   func(ctx context.Context) error { return errOf(s.UpdateSet(ctx, id, annoset.SetPatch{})) },
		"Publish":     func(ctx context.Context) error { return errOf(s.Publish(ctx, id, nil)) },
		"DeleteSet":   func(ctx context.Context) error { return s.DeleteSet(ctx, id) },
		"Add":         func(ctx context.Context) error { return errOf(s.Add(ctx, id, label("a.wav", "glitch", 0, 1))) },
		"Import":      func(ctx context.Context) error { return errOf(s.Import(ctx, id, stream(3, 1), nil)) },
		"Update":      func(ctx context.Context) error { return s.Update(ctx, id, annoset.Annotation{ID: 1}) },
		"Delete":      func(ctx context.Context) error { return s.Delete(ctx, id, 1) },
		"MarkClean":   func(ctx context.Context) error { return s.MarkClean(ctx, id, "c.wav") },
		"UnmarkClean": func(ctx context.Context) error { return s.UnmarkClean(ctx, id, "c.wav") },
		"Approve":     func(ctx context.Context) error { return errOf(s.As("ann").Approve(ctx, id, 1, "")) },
		"Reject":      func(ctx context.Context) error { return errOf(s.As("ann").Reject(ctx, id, 1, "")) },
		"RecordTraining": func(ctx context.Context) error {
			return errOf(s.RecordTraining(ctx, id, annoset.TrainingRun{Model: "m"}))
		},
		"Tag":   func(ctx context.Context) error { return s.Tag(ctx, set.DatasetID, "best", id) },
		"Untag": func(ctx context.Context) error { return s.Untag(ctx, set.DatasetID, "best") },
	}
	return reads, writes
}

func errOf[T any](_ T, err error) error { return err }

func lastErr[T any](seq iter.Seq2[T, error]) (last error) {
	for _, err := range seq {
		last = err
	}
	return last
}

func TestStore_RefusesEverythingOnceClosed(t *testing.T) {
	t.Parallel()
	openings := map[string]func(t *testing.T) *annoset.Store{
		"a file": func(t *testing.T) *annoset.Store { return openStore(t, nil).Store },
		"read-only": func(t *testing.T) *annoset.Store {
			return value(annoset.Open(t.Context(), storeFile(t, t.TempDir()), &annoset.Options{ReadOnly: true}))(t)
		},
		"memory": func(t *testing.T) *annoset.Store { return value(annoset.OpenMemory(t.Context(), nil))(t) },
	}
	for name, open := range openings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s, dir := open(t), t.TempDir()
			is.NoErr(s.Close())
			is.NoErr(s.Close()) // closing twice is no error
			reads, writes := storeCalls(s, annoset.AnnotationSet{ID: uuid.New(), DatasetID: uuid.New()}, dir)
			known := map[string]bool{"Close": true, "As": true}
			for _, methods := range []map[string]func(context.Context) error{reads, writes} {
				for method, call := range methods {
					known[method] = true
					if err := call(t.Context()); !errors.Is(err, annoset.ErrClosed) {
						t.Errorf("%s: %v", method, err)
					}
				}
			}
			is.Equal(len(folderSums(t, dir)), 0) // nothing was begun
			for m := range reflect.TypeFor[*annoset.Store]().Methods() {
				is.True(known[m.Name]) // every method is tried here
			}
		})
	}
	t.Run("a training set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := value(annoset.Open(t.Context(), storeFile(t, t.TempDir()), nil))(t)
		d := value(s.DatasetByName(t.Context(), "one"))(t)
		training := value(s.TrainingSet(t.Context(), value(s.LatestPublished(t.Context(), d.ID))(t).ID))(t)
		part := value(training.Part(annoset.Split{Train: 1}, annoset.Train))(t)
		is.NoErr(s.Close())
		is.True(errors.Is(lastErr(training.Annotations(t.Context(), annoset.Filter{})), annoset.ErrClosed))
		is.True(errors.Is(lastErr(training.CleanAudioFiles(t.Context())), annoset.ErrClosed))
		is.True(errors.Is(lastErr(part.Annotations(t.Context(), annoset.Filter{})), annoset.ErrClosed))
		is.True(errors.Is(lastErr(part.AudioFiles(t.Context())), annoset.ErrClosed))
		is.True(errors.Is(lastErr(part.CleanAudioFiles(t.Context())), annoset.ErrClosed))
	})
}

func TestOpen_ReadOnly(t *testing.T) {
	t.Parallel()
	t.Run("refuses to write", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		path := storeFile(t, t.TempDir())
		sum := sha256.Sum256(value(os.ReadFile(path))(t))
		s := reopenStore(t, path, &annoset.Options{ReadOnly: true})
		before := dump(t, s.Store)
		d := value(s.DatasetByName(t.Context(), "one"))(t)
		sets := value(s.Sets(t.Context(), d.ID, annoset.SetFilter{}))(t)
		for _, set := range sets {
			_, writes := storeCalls(s.Store, set, t.TempDir())
			for method, call := range writes {
				if err := call(t.Context()); !errors.Is(err, annoset.ErrReadOnly) {
					t.Errorf("%s: %v", method, err)
				}
			}
		}
		reads, _ := storeCalls(s.Store, sets[0], t.TempDir())
		for method, call := range reads {
			if err := call(t.Context()); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
		is.Equal(dump(t, s.Store), before)
		is.NoErr(s.Close())
		is.Equal(sha256.Sum256(value(os.ReadFile(path))(t)), sum) // the bytes are the same
	})
	t.Run("reads while another store writes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		w := openStore(t, nil)
		set := newDraft(t, w.Store, "one")
		s := reopenStore(t, w.Path, &annoset.Options{ReadOnly: true})
		for n := range 3 {
			_, err := w.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.Equal(dump(t, s.Store), dump(t, w.Store)) // each sees what was committed
			is.Equal(len(collect(t, s.Annotations(t.Context(), set.ID, annoset.Filter{}))), n+1)
		}
	})
	t.Run("opened before another store writes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		path := storeFile(t, t.TempDir())
		s := reopenStore(t, path, &annoset.Options{ReadOnly: true})
		before := dump(t, s.Store)
		w := reopenStore(t, path, nil)
		_, err := w.CreateDataset(t.Context(), annoset.NewDataset{Name: "two"})
		is.NoErr(err)
		is.True(dump(t, s.Store) != before)
		is.Equal(dump(t, s.Store), dump(t, w.Store)) // it is no snapshot
	})
	t.Run("is refused in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, err := annoset.OpenMemory(t.Context(), &annoset.Options{ReadOnly: true})
		is.True(errors.Is(err, annoset.ErrReadOnly))
	})
}

func TestStore_As(t *testing.T) {
	t.Parallel()

	t.Run("signs what is done through it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.As("ann"), "d")
		is.Equal(set.CreatedBy, "ann")
		is.Equal(set.EditedBy, []string{}) // to create is not to edit
		_, err := s.As("bob").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
		_, err = s.As("").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err) // an empty name signs nothing
		_, err = s.As("Bob").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err) // that is somebody else
		published := value(s.As("cid").Publish(t.Context(), set.ID, nil))(t)
		is.Equal(published.CreatedBy, "ann")
		is.Equal(published.EditedBy, []string{"", "Bob", "bob"})
		is.Equal(published.PublishedBy, "cid")
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		got := value(s.SetByID(t.Context(), set.ID))(t)
		is.Equal(got, published) // and it is kept
		next := value(s.As("dan").NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		is.Equal(next.CreatedBy, "dan") // of a version too
		is.Equal(next.EditedBy, []string{})
	})

	t.Run("signs every way to edit", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, nil)
		source := annosettest.Publish(t, s.As("cid"), "a.wav hum 0 10")
		for name, edit := range map[string]func(ann *annoset.Store, set uuid.UUID, id int64) error{
			"Add": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return errOf(ann.Add(t.Context(), set, label("a.wav", "hum", 0, 10)))
			},
			"Import": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return errOf(ann.Import(t.Context(), set, stream(5000, 3), nil)) // in bulk
			},
			"CopyAnnotations": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return errOf(ann.CopyAnnotations(t.Context(), set, source.ID, annoset.Filter{}))
			},
			"Update": func(ann *annoset.Store, set uuid.UUID, id int64) error {
				return ann.Update(t.Context(), set, withID(id, label("a.wav", "hum", 1, 10)))
			},
			"Delete": func(ann *annoset.Store, set uuid.UUID, id int64) error {
				return ann.Delete(t.Context(), set, id)
			},
			"MarkClean": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return ann.MarkClean(t.Context(), set, "b.wav")
			},
			"UnmarkClean": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return ann.UnmarkClean(t.Context(), set, "clean.wav")
			},
			"UpdateSet": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return errOf(ann.UpdateSet(t.Context(), set, annoset.SetPatch{Notes: new("heard twice")}))
			},
		} {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				before := annosettest.Draft(t, s.As("bob"), "a.wav hum 0 10", "clean.wav clean")
				is.NoErr(edit(s.As("ann"), before.ID, idsOf(t, s.Store, before.ID)[0]))
				after := value(s.SetByID(t.Context(), before.ID))(t)
				is.Equal(after.EditedBy, []string{"ann", "bob"})
				is.True(after.Revision > before.Revision)
				_, err := s.As("ann").Approve(t.Context(), before.ID, after.Revision, "")
				is.True(errors.Is(err, annoset.ErrOwnWork)) // of that verb too
			})
		}
	})

	t.Run("makes a handle that is closed with the store, and closes it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		ann := s.As("ann")
		is.NoErr(ann.As("bob").Close())
		_, err := ann.Datasets(t.Context())
		is.True(errors.Is(err, annoset.ErrClosed))
		_, err = s.Datasets(t.Context())
		is.True(errors.Is(err, annoset.ErrClosed))
	})

	t.Run("lets a bad name read, and not write", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "d")
		before := dump(t, s.Store)
		for _, name := range []string{"a\x00n", "\xff", strings.Repeat("n", annoset.MaxNameBytes+1)} {
			_, err := s.As(name).SetByID(t.Context(), set.ID)
			is.NoErr(err)
			_, err = s.As(name).Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
			is.Equal(badFields(is, err), []string{"-1 person"})
		}
		is.Equal(dump(t, s.Store), before)
		_, err := s.As(strings.Repeat("n", annoset.MaxNameBytes)).Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
	})

	t.Run("works in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ann := annosettest.New(t).As("ann")
		is.Equal(annosettest.Draft(t, ann).CreatedBy, "ann")
		is.NoErr(ann.Close())
	})
}

func TestOpenMemory(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := value(annoset.OpenMemory(t.Context(), nil))(t)
	defer s.Close()
	set := annosettest.Draft(t, s, "a.wav glitch 0 10")
	for a, err := range s.Annotations(t.Context(), set.ID, annoset.Filter{}) {
		is.NoErr(err)
		a.EndMS = 20
		is.NoErr(s.Update(t.Context(), set.ID, a)) // a write inside the loop over a read goes through
	}
	n, err := s.Import(t.Context(), set.ID, s.Annotations(t.Context(), set.ID, annoset.Filter{}), nil)
	is.NoErr(err) // an import may read from the store that it writes to
	is.Equal(n, 1)
	is.Equal(annosettest.Lines(t, s, set.ID), []string{"a.wav glitch 0 20", "a.wav glitch 0 20"})
}
