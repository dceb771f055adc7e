package labelfile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

// calls are the functions that take a store, with arguments that they accept.
func calls(s *annoset.Store, setID uuid.UUID, dir string) (reads, writes map[string]func(context.Context) error) {
	folder := fstest.MapFS{"kitchen.tsv": {Data: []byte(kitchen)}}
	reads = map[string]func(context.Context) error{
		"Export": func(ctx context.Context) error {
			return errOf(labelfile.Export(ctx, s, setID, io.Discard, labelfile.JSONLines, nil))
		},
		"ExportDir": func(ctx context.Context) error {
			return errOf(labelfile.ExportDir(ctx, s, setID, filepath.Join(dir, "folder"), labelfile.JSONLines, nil))
		},
	}
	writes = map[string]func(context.Context) error{
		"Import": func(ctx context.Context) error {
			return errOf(labelfile.Import(ctx, s, setID, strings.NewReader(kitchen), labelfile.DCASE, nil))
		},
		"ImportFS": func(ctx context.Context) error {
			return errOf(labelfile.ImportFS(ctx, s, setID, folder, labelfile.DCASE, nil))
		},
	}
	return reads, writes
}

func TestStores_closed(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *annoset.Store{"a file": openFile, "memory": openMemory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s, dir := open(t), t.TempDir()
			set := newDraft(t, s, "set")
			is.NoErr(s.Close())
			reads, writes := calls(s, set.ID, dir)
			for _, functions := range []map[string]func(context.Context) error{reads, writes} {
				for name, call := range functions {
					if err := call(t.Context()); !errors.Is(err, annoset.ErrClosed) {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
			is.Equal(fileNames(t, dir), []string{}) // nothing was begun
		})
	}
}

func TestStores_readOnly(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := proof.StoreFile(t, t.TempDir())
	s := proof.ReopenStore(t, path, &annoset.Options{ReadOnly: true})
	set := value(s.Tagged(t.Context(), value(s.DatasetByName(t.Context(), "one"))(t).ID, "best"))(t)
	before := dump(t, s.Store)
	reads, writes := calls(s.Store, set.ID, t.TempDir())
	for name, call := range reads {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range writes {
		if err := call(t.Context()); !errors.Is(err, annoset.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	is.Equal(dump(t, s.Store), before)
}

// TestStores_view exports the state that a view shows, whatever is written meanwhile.
func TestStores_view(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *annoset.Store{"a file": openFile, "memory": openMemory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			set := newDraft(t, s, "set")
			_, err := s.Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
			is.NoErr(err)
			dir := t.TempDir()
			var ended *annoset.Store
			is.NoErr(s.View(t.Context(), func(view *annoset.Store) error {
				ended = view
				_, err := view.SetByID(t.Context(), set.ID) // the first read takes the state
				is.NoErr(err)
				if name == "a file" { // in memory nobody else can write now
					_, err := s.Add(t.Context(), set.ID, label("b.wav", "hum", 0, 10))
					is.NoErr(err)
				}
				reads, writes := calls(view, set.ID, dir)
				for name, call := range reads {
					if err := call(t.Context()); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
				for name, call := range writes {
					if err := call(t.Context()); !errors.Is(err, annoset.ErrReadOnly) {
						t.Errorf("%s: %v", name, err)
					}
				}
				var b bytes.Buffer
				report, err := labelfile.Export(t.Context(), view, set.ID, &b, labelfile.JSONLines, nil)
				is.NoErr(err)
				is.Equal(report.Labels, int64(1)) // the one that the view shows
				return nil
			}))
			is.Equal(fileNames(t, filepath.Join(dir, "folder")), []string{"a.wav.jsonl"})
			reads, writes := calls(ended, set.ID, dir+"2")
			for _, functions := range []map[string]func(context.Context) error{reads, writes} {
				for name, call := range functions {
					if err := call(t.Context()); !errors.Is(err, annoset.ErrClosed) {
						t.Errorf("%s after the end of the view: %v", name, err)
					}
				}
			}
		})
	}
}

func TestStores_sign(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openFile(t)
	_, writes := calls(s.As("ann"), uuid.Nil, "")
	for name := range writes {
		set := newDraft(t, s, name)
		before, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		_, writes := calls(s.As("ann"), set.ID, "")
		is.NoErr(writes[name](t.Context()))
		after, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(after.EditedBy, []string{"ann"}) // who imports is an editor
		is.True(after.Revision > before.Revision)
	}
}
