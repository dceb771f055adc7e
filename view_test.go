package annoset_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_View(t *testing.T) {
	t.Parallel()
	t.Run("reads one moment of a draft while others write", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		draft := newDraft(t, s.Store, "one")
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		err = s.View(t.Context(), func(view *annoset.Store) error {
			before := value(view.SetByID(t.Context(), draft.ID))(t)
			wrote := make(chan error)
			go func() {
				_, err := s.Add(context.Background(), draft.ID, label("b.wav", "glitch", 0, 10))
				wrote <- err
			}()
			is.NoErr(<-wrote) // a view keeps nobody from writing
			page := value(view.Page(t.Context(), draft.ID, annoset.Filter{}, annoset.Position{}, 10))(t)
			is.Equal(len(page.Annotations), 1)          // what was written since does not show
			is.Equal(page.Revision, before.Revision)    // and the page is of the same moment as the set
			is.Equal(before.TotalAnnotations, int64(1)) // statistics too
			is.Equal(len(value(view.AudioFiles(t.Context(), draft.DatasetID))(t)), 1)
			return view.As("ann").View(t.Context(), func(inner *annoset.Store) error {
				is.Equal(len(collect(t, inner.Annotations(t.Context(), draft.ID, annoset.Filter{}))), 1) // nor in a view within
				return nil
			})
		})
		is.NoErr(err)
		page := value(s.Page(t.Context(), draft.ID, annoset.Filter{}, annoset.Position{}, 10))(t)
		is.Equal(len(page.Annotations), 2)
		is.Equal(page.Revision, value(s.SetByID(t.Context(), draft.ID))(t).Revision)
	})
	t.Run("is of the moment in which it begins, not of its first read", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		draft := newDraft(t, s.Store, "one")
		is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
			_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.Equal(len(collect(t, view.Annotations(t.Context(), draft.ID, annoset.Filter{}))), 0)
			return nil
		}))
	})
	t.Run("reads all there is, and writes nothing", func(t *testing.T) {
		t.Parallel()
		for name, open := range map[string]func(testing.TB) *annoset.Store{"file": openFile, "memory": openMemory} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				s := open(t)
				draft := newDraft(t, s, "one")
				_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
				is.NoErr(err)
				v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
				is.NoErr(s.Tag(t.Context(), draft.DatasetID, "best", v1.ID))
				before := dump(t, s)
				dir := t.TempDir()
				var kept *annoset.Store
				is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
					kept = view
					reads, writes := storeCalls(view, v1, dir)
					writes["Backup"] = reads["Backup"]
					delete(reads, "Backup")
					for method, call := range reads {
						if err := call(t.Context()); err != nil {
							t.Errorf("%s: %v", method, err)
						}
					}
					for method, call := range writes {
						if err := call(t.Context()); !errors.Is(err, annoset.ErrReadOnly) {
							t.Errorf("%s: %v", method, err)
						}
					}
					is.NoErr(view.Close()) // does nothing
					_, err := view.SetByID(t.Context(), v1.ID)
					return err
				}))
				is.Equal(dump(t, s), before)
				reads, writes := storeCalls(kept, v1, filepath.Join(dir, "late"))
				for _, methods := range []map[string]func(context.Context) error{reads, writes} {
					for method, call := range methods {
						if err := call(t.Context()); !errors.Is(err, annoset.ErrClosed) {
							t.Errorf("%s after the end: %v", method, err)
						}
					}
				}
				is.Equal(dump(t, s), before) // the store itself goes on
			})
		}
	})
	t.Run("takes along what is made from it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "one")
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10), label("b.wav", "glitch", 0, 10))
		is.NoErr(err)
		v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
		var training *annoset.TrainingSet
		var next func() (annoset.Annotation, error, bool)
		is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
			training, err = view.TrainingSet(t.Context(), v1.ID)
			is.NoErr(err)
			var stop func()
			next, stop = iter.Pull2(view.Annotations(t.Context(), v1.ID, annoset.Filter{}))
			t.Cleanup(stop)
			_, err, more := next()
			is.NoErr(err)
			is.True(more)
			return nil
		}))
		is.True(errors.Is(lastErr(training.Annotations(t.Context(), annoset.Filter{})), annoset.ErrClosed))
		is.True(errors.Is(lastErr(training.Examined(t.Context(), annoset.Filter{})), annoset.ErrClosed))
		_, err, _ = next() // a loop that was left open
		is.True(errors.Is(err, annoset.ErrClosed))
		is.Equal(len(collect(t, s.Annotations(t.Context(), v1.ID, annoset.Filter{}))), 2) // the connection is sound
	})
	t.Run("loops may nest, in memory too", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openMemory(t)
		draft := newDraft(t, s, "one")
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10), label("b.wav", "glitch", 0, 10))
		is.NoErr(err)
		n := 0
		is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
			for f, err := range view.Examined(t.Context(), draft.ID, annoset.Filter{}) {
				is.NoErr(err)
				for a, err := range view.Annotations(t.Context(), draft.ID, annoset.Filter{AudioFileIDs: []string{f.ID}}) {
					is.NoErr(err)
					again := value(view.Annotation(t.Context(), draft.ID, a.ID))(t)
					is.Equal(again.AudioFileID, f.ID)
					n++
				}
			}
			return nil
		}))
		is.Equal(n, 2)
	})
	t.Run("in memory the store itself is busy meanwhile", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := value(annoset.OpenMemory(t.Context(), &annoset.Options{BusyTimeout: -1}))(t)
		defer s.Close()
		is.NoErr(s.View(t.Context(), func(*annoset.Store) error {
			_, err := s.Datasets(t.Context())
			is.True(errors.Is(err, annoset.ErrBusy))
			return nil
		}))
	})
	t.Run("returns the function's own error, and ends by panic and context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		own := errors.New("own")
		is.Equal(s.View(t.Context(), func(*annoset.Store) error { return own }), own) // as it is
		func() {
			defer func() { is.Equal(recover(), "stop") }()
			_ = s.View(t.Context(), func(*annoset.Store) error { panic("stop") })
		}()
		ctx, cancel := context.WithCancel(t.Context())
		err := s.View(ctx, func(view *annoset.Store) error {
			cancel()
			_, err := view.Datasets(ctx)
			is.True(errors.Is(err, context.Canceled))
			return nil
		})
		is.True(errors.Is(err, context.Canceled))
		is.True(errors.Is(s.View(t.Context(), nil), annoset.ErrInvalid))
		_, err = s.Datasets(t.Context())
		is.NoErr(err)
	})
	t.Run("compares two sets of its one moment", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openMemory(t)
		draft := newDraft(t, s, "one")
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		other := value(s.CreateSet(t.Context(), draft.DatasetID, annoset.NewSet{}))(t)
		is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
			changes := collect(t, annoset.DiffStores(t.Context(), view, draft.ID, view.As("ann"), other.ID, nil))
			is.Equal(len(changes), 1)
			return nil
		}))
	})
}

func TestStore_Examined(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *annoset.Store{"file": openFile, "memory": openMemory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			draft := newDraft(t, s, "one")
			is.NoErr(s.AddAudioFiles(t.Context(), draft.DatasetID,
				annoset.AudioFile{ID: "b.wav", DurationMS: 5000}, annoset.AudioFile{ID: "unseen.wav", DurationMS: 100}))
			ids := value(s.Add(t.Context(), draft.ID, label("c.wav", "hum", 50, 60), label("b.wav", "glitch", 3000, 3100),
				label("b.wav", "glitch", 0, 10), label("b.wav", "hum", 0, 20)))(t)
			is.NoErr(s.MarkClean(t.Context(), draft.ID, "a.wav"))

			all := collect(t, s.Examined(t.Context(), draft.ID, annoset.Filter{}))
			is.Equal(len(all), 3) // a file that nobody has labeled is not among them
			is.Equal(all[0].ID, "a.wav")
			is.True(all[0].Clean)
			is.True(all[0].Annotations != nil) // empty, never nil
			is.Equal(all[1].AudioFile, annoset.AudioFile{ID: "b.wav", DurationMS: 5000})
			is.Equal([]int64{all[1].Annotations[0].ID, all[1].Annotations[1].ID, all[1].Annotations[2].ID},
				[]int64{ids[2], ids[3], ids[1]}) // by start and id
			is.True(!all[1].Clean)

			glitches := collect(t, s.Examined(t.Context(), draft.ID, annoset.Filter{ArtifactTypes: []string{"glitch"}, ToMS: 100}))
			is.Equal(len(glitches), 3) // other fields choose labels, not files
			is.Equal(len(glitches[1].Annotations), 1)
			is.Equal(len(glitches[2].Annotations), 0) // none of its labels passes
			is.True(!glitches[2].Clean)               // which does not make it clean
			is.True(glitches[2].Annotations != nil)
			late := collect(t, s.Examined(t.Context(), draft.ID, annoset.Filter{AudioFileIDs: []string{"c.wav", "none.wav"}, ToMS: 40}))
			is.Equal(len(late), 1) // files are chosen by AudioFileIDs, also where all labels start later
			is.Equal(len(late[0].Annotations), 0)

			is.True(errors.Is(lastErr(s.Examined(t.Context(), draft.ID, annoset.Filter{FromMS: -1})), annoset.ErrInvalid))
			is.NoErr(s.Delete(t.Context(), draft.ID, ids[0]))
			is.Equal(len(collect(t, s.Examined(t.Context(), draft.ID, annoset.Filter{}))), 2) // c.wav has no label any more

			v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
			training := value(s.TrainingSet(t.Context(), v1.ID))(t)
			is.Equal(collect(t, training.Examined(t.Context(), annoset.Filter{})), collect(t, s.Examined(t.Context(), v1.ID, annoset.Filter{})))
			split := annoset.Split{Train: 0.5, Test: 0.5}
			n := 0
			for _, name := range []annoset.Part{annoset.Train, annoset.Test} {
				part := value(training.Part(split, name))(t)
				for f, err := range part.Examined(t.Context(), annoset.Filter{}) {
					is.NoErr(err)
					is.Equal(value(split.PartOf(f.ID))(t), name)
					n++
				}
			}
			is.Equal(n, 2) // each file is in one part
		})
	}
}
