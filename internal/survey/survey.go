// Package survey counts what is in a set, computes its digest when it is published, and verifies it afterwards.
package survey

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// survey reads audio files of a set, each once. It counts the labels that the set has in them now, and those that the
// published set below it has. If digests is set, it also computes the digest of each file.
type survey struct {
	set     *sqlite.SetRow
	types   *reader.Types
	stack   []sqlite.LayerRow
	digests bool

	files       []sqlite.SeenFile
	results     []fileResult // of the files, in their order
	before, now *tally       // of the set below, and of the set
}

// surveyor reads some of a survey's files and keeps its own sums.
type surveyor struct {
	*survey
	tx          *sqlite.ReadTx
	before, now *tally
	digest      *fileDigest // nil: no digests are computed
}

func (s *survey) surveyor(tx *sqlite.ReadTx) *surveyor {
	r := &surveyor{survey: s, tx: tx, before: newTally(), now: newTally()}
	if s.digests {
		r.digest = newFileDigest(nil)
	}
	return r
}

// merge adds the sums of a surveyor.
func (s *survey) merge(r *surveyor) {
	s.before.merge(r.before)
	s.now.merge(r.now)
}

// fileResult is what a survey finds in one audio file.
type fileResult struct {
	annotations int64
	lastEndMS   int64
	digest      []byte // nil if the file has neither labels nor a clean mark
}

// newSurvey prepares a survey of the audio files that a set has changed, or of all its files.
func newSurvey(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, all bool) (*survey, error) {
	names, err := reader.LoadTypes(ctx, tx, set.DatasetID)
	if err != nil {
		return nil, err
	}
	stack, err := tx.Stack(ctx, set.LayerID)
	if err != nil {
		return nil, err
	}
	s := &survey{set: set, types: names, stack: stack, before: newTally(), now: newTally()}
	list := tx.ChangedFiles
	if all {
		list = tx.SeenFiles
	}
	s.files, err = reader.CollectFiles(func(fn func(*sqlite.SeenFile) error) error { return list(ctx, set.LayerID, fn) })
	s.results = make([]fileResult, len(s.files))
	return s, err
}

// run surveys the files through one connection.
func (s *survey) run(ctx context.Context, tx *sqlite.ReadTx) error {
	r := s.surveyor(tx)
	defer s.merge(r)
	for i := range s.files {
		if err := r.file(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// filesPerWorker is how many files justify another reader.
const filesPerWorker = 16

// workers returns how many readers a survey should use. Without a database, or with one in memory, that is one.
func (s *survey) workers(db *sqlite.DB) int {
	if db == nil || db.InMemory() {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), len(s.files)/filesPerWorker)
}

// runParallel surveys the files through several connections at once. They must all see the same: the set is published,
// or the caller holds the write lock and has not written anything yet.
func (s *survey) runParallel(ctx context.Context, db *sqlite.DB, tx *sqlite.ReadTx) error {
	workers := s.workers(db)
	if workers < 2 {
		return s.run(ctx, tx)
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	var next atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			err := db.Read(ctx, func(tx *sqlite.ReadTx) error {
				r := s.surveyor(tx)
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					s.merge(r)
				}()
				for {
					i := int(next.Add(1)) - 1
					if i >= len(s.files) {
						return nil
					}
					if err := r.file(ctx, i); err != nil {
						return err
					}
				}
			})
			if err != nil {
				cancel(err) // the first error stops the others
			}
		})
	}
	all.Wait()
	if err := outer.Err(); err != nil {
		return err // and not the cause that the caller gave for it
	}
	return context.Cause(ctx)
}

// totals returns the totals of the whole set: those stored with the set below, minus what it has in the surveyed files,
// plus what the set has in them.
func (s *survey) totals(ctx context.Context, tx *sqlite.ReadTx) (Totals, error) {
	stats := empty(s.types)
	if s.set.BaseID != nil {
		base, found, err := tx.SetByID(ctx, *s.set.BaseID)
		if err != nil {
			return Totals{}, err
		}
		if !found {
			return Totals{}, fmt.Errorf("%w: the set below version %d is gone", sqlite.ErrDamaged, s.set.Version)
		}
		below, err := stored(&base)
		if err != nil {
			return Totals{}, err
		}
		maps.Copy(stats.AnnotationsByType, below.AnnotationsByType)
		maps.Copy(stats.DurationMSByType, below.DurationMSByType)
		below.AnnotationsByType, below.DurationMSByType = stats.AnnotationsByType, stats.DurationMSByType
		stats = below
	}
	stats.add(s.before, -1, s.types.ByID)
	stats.add(s.now, 1, s.types.ByID)
	stats.prune(s.types.Vocabulary)
	return stats, nil
}

// ownTotals returns the totals of the surveyed files alone.
func (s *survey) ownTotals() Totals {
	stats := empty(s.types)
	stats.add(s.now, 1, s.types.ByID)
	return stats
}

// file surveys one audio file, for the set and the set below.
func (r *surveyor) file(ctx context.Context, i int) error {
	f, result := &r.files[i], &r.results[i]
	r.before.beginFile()
	r.now.beginFile()
	if r.digest != nil {
		r.digest.reset()
	}
	err := reader.EachLabel(ctx, r.tx, r.stack, f, sqlite.Span{}, func(row *reader.Row) error {
		if row.Depth > 0 && !row.HiddenBelow {
			r.before.add(row.TypeID, row.StartMS, row.EndMS)
		}
		if row.Hidden {
			return nil
		}
		r.now.add(row.TypeID, row.StartMS, row.EndMS)
		result.lastEndMS = max(result.lastEndMS, row.EndMS)
		if r.digest == nil {
			return nil
		}
		return r.digest.write(row.LabelRow, r.types.ByID[row.TypeID])
	})
	if err != nil {
		return err
	}
	was, err := r.cleanBelow(r.tx, f)
	if err != nil {
		return err
	}
	r.before.endFile(was)
	r.now.endFile(f.Clean)
	result.annotations = r.now.inFile
	if r.digest != nil && (r.now.inFile > 0 || f.Clean) {
		result.digest, err = r.digest.sum()
	}
	return err
}

// cleanBelow reports whether the set below has marked the file as clean.
func (s *survey) cleanBelow(tx *sqlite.ReadTx, f *sqlite.SeenFile) (bool, error) {
	for _, depth := range f.Layers {
		if depth > 0 {
			below, _, err := tx.FileInLayer(s.stack[depth].ID, f.ID)
			return below.Clean, err
		}
	}
	return false, nil
}
