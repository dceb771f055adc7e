package crowd_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// told is what a logger was told.
type told struct {
	mu      sync.Mutex
	records []slog.Record
	then    func() // is called for each record
}

func (h *told) Enabled(context.Context, slog.Level) bool { return true }
func (h *told) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h *told) WithGroup(string) slog.Handler            { return h }

func (h *told) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	h.records = append(h.records, r)
	h.mu.Unlock()
	if h.then != nil {
		h.then()
	}
	return nil
}

// of returns the records with a message, in order.
func (h *told) of(text string) []slog.Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []slog.Record
	for _, r := range h.records {
		if strings.HasPrefix(r.Message, text) {
			found = append(found, r)
		}
	}
	return found
}

// attr returns an attribute of a record.
func attr(r slog.Record, key string) (v slog.Value) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			v = a.Value
		}
		return true
	})
	return v
}

func TestOptions_Logger(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("is told of waits", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		h := &told{}
		s := proof.OpenStore(t, &annoset.Options{BusyTimeout: 30 * time.Millisecond, Logger: slog.New(h)})
		set := proof.NewDraft(t, s.Store, "a")
		is.Equal(len(h.of("waited")), 0)
		unlock := proof.Lock(t, s.Path)
		_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "pop", 1, 2))
		is.True(errors.Is(err, annoset.ErrBusy))
		unlock()
		waits := h.of("waited to write")
		is.Equal(len(waits), 1)
		is.Equal(waits[0].Level, slog.LevelWarn)
		is.Equal(attr(waits[0], "for").String(), "another process")
		is.True(attr(waits[0], "busy").Bool())
		is.True(attr(waits[0], "waited").Duration() >= 30*time.Millisecond)
		_, err = s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
			_, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "b"})
			yield(annoset.Annotation{}, err)
		}, nil)
		is.True(errors.Is(err, annoset.ErrBusy))
		waits = h.of("waited to write")
		is.Equal(len(waits), 2)
		is.Equal(attr(waits[1], "for").String(), "this process")
	})
	t.Run("is told of checkpoints and folds, and of nothing that the store holds", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		h := &told{}
		s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed, Logger: slog.New(h)})
		h.then = func() { // the handler may use the store
			if _, err := s.Datasets(ctx); err != nil {
				t.Error(err)
			}
		}
		set := proof.NewDraft(t, s.Store, "secret")
		for n := range int64(proof.MaxLayers + 2) {
			_, err := s.Add(ctx, set.ID, proof.Label("secret.wav", "secret", n, n+1))
			is.NoErr(err)
			before := len(h.of("checkpoint"))
			_, err = s.Publish(ctx, set.ID, nil)
			is.NoErr(err)
			points := h.of("checkpoint")
			is.Equal(len(points), before+1)
			is.True(attr(points[before], "whole").Bool()) // nobody reads
			is.True(attr(points[before], "log_bytes").Int64() > 0)
			set, err = s.NewVersion(ctx, set.ID, annoset.NewSet{Notes: "secret"})
			is.NoErr(err)
		}
		folds := h.of("layers folded")
		is.True(len(folds) > 0)
		is.True(attr(folds[0], "layers").Int64() >= 2)
		for _, r := range h.of("") {
			r.Attrs(func(a slog.Attr) bool {
				is.True(!strings.Contains(a.String(), "secret"))
				return true
			})
		}
	})
	t.Run("is told of a migration", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		path := filepath.Join(t.TempDir(), "old.annoset")
		data, err := os.ReadFile(filepath.Join(proof.Root(t), "testdata", "schema1.annoset"))
		is.NoErr(err)
		is.NoErr(os.WriteFile(path, data, 0o600))
		h := &told{}
		proof.ReopenStore(t, path, &annoset.Options{Logger: slog.New(h)})
		found := h.of("schema migrated")
		is.Equal(len(found), 1)
		is.Equal(found[0].Level, slog.LevelInfo)
		is.Equal(attr(found[0], "from").Int64(), int64(1))
		is.True(attr(found[0], "to").Int64() > 1)
	})
	t.Run("is warned of a log that cannot shrink", func(t *testing.T) {
		proof.SkipMany(t)
		t.Parallel()
		is := is.New(t)
		h := &told{}
		s := proof.OpenStore(t, &annoset.Options{
			Durability: annoset.DurabilityRelaxed, BusyTimeout: 100 * time.Millisecond, Logger: slog.New(h),
		})
		set := proof.NewDraft(t, s.Store, "a")
		letGo := hold(t, s.Store, set)
		for n := 0; logSize(s.Path) < fullLog+4<<20; n++ {
			is.NoErr(heavy(ctx, s.Store, set, n))
		}
		for deadline := time.Now().Add(5 * time.Second); len(h.of("the log cannot shrink")) == 0; {
			is.True(time.Now().Before(deadline))
			time.Sleep(time.Millisecond)
		}
		is.Equal(h.of("the log cannot shrink")[0].Level, slog.LevelWarn)
		is.True(slices.ContainsFunc(h.of("waited to write"), func(r slog.Record) bool {
			return attr(r, "for").String() == "the log to shrink"
		}))
		letGo()
		is.True(falls(s.Path, smallLog))
	})
}
