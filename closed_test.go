package annoset_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
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
		"Evaluate":          func(ctx context.Context) error { return errOf(s.Evaluate(ctx, id, stream(3, 1), nil)) },
		"MeasureAgreement": func(ctx context.Context) error {
			return errOf(s.MeasureAgreement(ctx, id, id, nil))
		},
		"Reviews": func(ctx context.Context) error { return errOf(s.Reviews(ctx, id)) },
		"TrainingRuns": func(ctx context.Context) error {
			return errOf(s.TrainingRuns(ctx, annoset.TrainingFilter{SetID: id}))
		},
		"Tagged":     func(ctx context.Context) error { return errOf(s.Tagged(ctx, set.DatasetID, "best")) },
		"Tags":       func(ctx context.Context) error { return errOf(s.Tags(ctx, set.DatasetID)) },
		"TagHistory": func(ctx context.Context) error { return errOf(s.TagHistory(ctx, set.DatasetID, "best")) },
		"Verify":     func(ctx context.Context) error { return s.Verify(ctx, id) },
		"Backup":     func(ctx context.Context) error { return s.Backup(ctx, filepath.Join(dir, "backup")) },
		"Export":     func(ctx context.Context) error { return s.Export(ctx, id, filepath.Join(dir, "export")) },
		"ExportTo": func(ctx context.Context) error {
			return errOf(s.ExportTo(ctx, id, io.Discard, annoset.FormatJSONLines, nil))
		},
		"ExportToDir": func(ctx context.Context) error {
			return errOf(s.ExportToDir(ctx, id, filepath.Join(dir, "folder"), annoset.FormatJSONLines, nil))
		},
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
		"UpdateSet": func(ctx context.Context) error { return errOf(s.UpdateSet(ctx, id, annoset.SetPatch{})) },
		"Publish":   func(ctx context.Context) error { return errOf(s.Publish(ctx, id, nil)) },
		"DeleteSet": func(ctx context.Context) error { return s.DeleteSet(ctx, id) },
		"Add":       func(ctx context.Context) error { return errOf(s.Add(ctx, id, label("a.wav", "glitch", 0, 1))) },
		"Import":    func(ctx context.Context) error { return errOf(s.Import(ctx, id, stream(3, 1), nil)) },
		"ImportFrom": func(ctx context.Context) error {
			return errOf(s.ImportFrom(ctx, id, strings.NewReader(kitchen), annoset.FormatDCASE, nil))
		},
		"ImportFromFS": func(ctx context.Context) error {
			return errOf(s.ImportFromFS(ctx, id, fstest.MapFS{"kitchen.tsv": {Data: []byte(kitchen)}}, annoset.FormatDCASE, nil))
		},
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
		s := reopenStore(t, w.path, &annoset.Options{ReadOnly: true})
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
