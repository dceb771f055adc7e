package annoset

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/annoset/annoset/sqlite"
)

// Stats count what is in a set.
//
// Durations are those that labels cover, in milliseconds: within one audio file overlaps count once, and the sum is
// taken over the files. Both maps have every artifact type that the dataset declares, zeros included, and every
// other one that a label bears.
type Stats struct {
	TotalAnnotations        int64            `json:"total_annotations"`
	TotalPositiveDurationMS int64            `json:"total_positive_duration_ms"`
	AnnotationsByType       map[string]int64 `json:"annotations_by_type"`
	DurationMSByType        map[string]int64 `json:"duration_ms_by_type"` // overlaps of one type count once
	AnnotatedAudioFiles     int64            `json:"annotated_audio_files"`
	CleanAudioFiles         int64            `json:"clean_audio_files"`
}

// tally sums labels that come file by file, and in order of start within a file.
type tally struct {
	annotations, durationMS, annotated, clean int64

	coverage coverage
	inFile   int64 // labels of the current file
	file     int   // counts the files, so that coverages need not be reset
	types    map[int64]*typeTally
	last     *typeTally // of the type that came last: types come in runs
	lastID   int64
}

type typeTally struct {
	annotations, durationMS int64

	coverage coverage
	file     int
}

// coverage is the end of what labels have covered so far in one file.
type coverage int64

// extend returns how much a label adds to what is covered, given that none started later.
func (c *coverage) extend(startMS, endMS int64) int64 {
	from := max(startMS, int64(*c))
	if endMS <= from {
		return 0
	}
	*c = coverage(endMS)
	return endMS - from
}

func newTally() *tally { return &tally{types: make(map[int64]*typeTally)} }

func (t *tally) beginFile() {
	t.file++
	t.coverage, t.inFile = 0, 0
}

func (t *tally) add(typeID, startMS, endMS int64) {
	if t.last == nil || t.lastID != typeID {
		t.last, t.lastID = t.types[typeID], typeID
		if t.last == nil {
			t.last = &typeTally{}
			t.types[typeID] = t.last
		}
	}
	ty := t.last
	if ty.file != t.file {
		ty.file, ty.coverage = t.file, 0
	}
	t.annotations++
	t.inFile++
	ty.annotations++
	t.durationMS += t.coverage.extend(startMS, endMS)
	ty.durationMS += ty.coverage.extend(startMS, endMS)
}

func (t *tally) endFile(clean bool) {
	switch {
	case t.inFile > 0:
		t.annotated++
	case clean:
		t.clean++
	}
}

// merge adds what another tally has summed of other files.
func (t *tally) merge(other *tally) {
	t.annotations += other.annotations
	t.durationMS += other.durationMS
	t.annotated += other.annotated
	t.clean += other.clean
	for id, ty := range other.types {
		if t.types[id] == nil {
			t.types[id] = &typeTally{}
		}
		t.types[id].annotations += ty.annotations
		t.types[id].durationMS += ty.durationMS
	}
}

// types are the artifact types of a dataset.
type types struct {
	byID   map[int64]string
	byName map[string]int64
	vocab  []string // declared, in order
}

func loadTypes(ctx context.Context, tx *sqlite.ReadTx, datasetID int64) (*types, error) {
	rows, err := tx.Types(ctx, datasetID)
	if err != nil {
		return nil, err
	}
	t := &types{byID: make(map[int64]string, len(rows)), byName: make(map[string]int64, len(rows))}
	for _, r := range rows {
		t.byID[r.ID], t.byName[r.Name] = r.Name, r.ID
		if r.Declared {
			t.vocab = append(t.vocab, r.Name)
		}
	}
	return t, nil
}

// emptyStats are those of a set in which there is nothing.
func (t *types) emptyStats() Stats {
	s := Stats{
		AnnotationsByType: make(map[string]int64, len(t.vocab)),
		DurationMSByType:  make(map[string]int64, len(t.vocab)),
	}
	for _, name := range t.vocab {
		s.AnnotationsByType[name], s.DurationMSByType[name] = 0, 0
	}
	return s
}

// add counts a tally into s, sign times.
func (s *Stats) add(t *tally, sign int64, names map[int64]string) {
	s.TotalAnnotations += sign * t.annotations
	s.TotalPositiveDurationMS += sign * t.durationMS
	s.AnnotatedAudioFiles += sign * t.annotated
	s.CleanAudioFiles += sign * t.clean
	for id, ty := range t.types {
		s.AnnotationsByType[names[id]] += sign * ty.annotations
		s.DurationMSByType[names[id]] += sign * ty.durationMS
	}
}

// prune drops the types that no label bears and the dataset does not declare.
func (s *Stats) prune(vocab []string) {
	declared := make(map[string]bool, len(vocab))
	for _, name := range vocab {
		declared[name] = true
	}
	for name, n := range s.AnnotationsByType {
		if n == 0 && !declared[name] {
			delete(s.AnnotationsByType, name)
			delete(s.DurationMSByType, name)
		}
	}
}

// storedStats reads the statistics that publishing has kept with a set.
func storedStats(r *sqlite.SetRow) (Stats, error) {
	s := Stats{
		TotalAnnotations:        *r.Annotations,
		TotalPositiveDurationMS: *r.PositiveDurationMS,
		AnnotatedAudioFiles:     *r.AnnotatedAudioFiles,
		CleanAudioFiles:         *r.CleanAudioFiles,
	}
	if err := json.Unmarshal([]byte(*r.AnnotationsByType), &s.AnnotationsByType); err != nil {
		return Stats{}, fmt.Errorf("%w: annotations by type: %w", ErrCorrupt, err)
	}
	if err := json.Unmarshal([]byte(*r.DurationMSByType), &s.DurationMSByType); err != nil {
		return Stats{}, fmt.Errorf("%w: durations by type: %w", ErrCorrupt, err)
	}
	return s, nil
}

// survey reads audio files of a set once each, takes statistics of the set and of the published one that it stands on,
// and, if asked, the digest of each file.
type survey struct {
	set     *sqlite.SetRow
	types   *types
	stack   []sqlite.LayerRow
	digests bool

	files       []sqlite.SeenFile
	results     []fileResult // of the files, in their order
	before, now *tally
}

// surveyor is one who reads files of a survey, with sums of its own.
type surveyor struct {
	*survey
	tx          *sqlite.ReadTx
	before, now *tally
	digest      *fileDigest // nil: none is asked for
}

func (s *survey) surveyor(tx *sqlite.ReadTx) *surveyor {
	r := &surveyor{survey: s, tx: tx, before: newTally(), now: newTally()}
	if s.digests {
		r.digest = newFileDigest(nil)
	}
	return r
}

// merge adds what a surveyor has summed.
func (s *survey) merge(r *surveyor) {
	s.before.merge(r.before)
	s.now.merge(r.now)
}

// fileResult is what a survey finds out about one audio file.
type fileResult struct {
	annotations int64
	lastEndMS   int64
	digest      []byte // nil where there are neither labels nor a clean mark
}

// newSurvey prepares a survey of the files that the set has changed, or of all.
func newSurvey(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, all bool) (*survey, error) {
	names, err := loadTypes(ctx, tx, set.DatasetID)
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
	s.files, err = filesOf(func(fn func(*sqlite.SeenFile) error) error { return list(ctx, set.LayerID, fn) })
	s.results = make([]fileResult, len(s.files))
	return s, err
}

// run surveys all files.
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

// filesAWorker is for how many files it is worth to begin another read.
const filesAWorker = 16

// workers is how many readers are worth it; without a database to read through, and in memory, there is but one.
func (s *survey) workers(db *sqlite.DB) int {
	if db == nil || db.InMemory() {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), len(s.files)/filesAWorker)
}

// runParallel surveys all files through several readers at once. Nothing may have changed what the set sees since the
// survey was prepared: the set is published, or the caller holds the write lock and has not written yet.
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
				cancel(err) // the first one counts, and ends the others
			}
		})
	}
	all.Wait()
	if err := outer.Err(); err != nil {
		return err // whatever cause it was given
	}
	return context.Cause(ctx)
}

// stats returns the statistics of the whole set: those of the set below, less what was, plus what is.
func (s *survey) stats(ctx context.Context, tx *sqlite.ReadTx) (Stats, error) {
	stats := s.types.emptyStats()
	if s.set.BaseID != nil {
		base, found, err := tx.SetByID(ctx, *s.set.BaseID)
		if err != nil {
			return Stats{}, err
		}
		if !found {
			return Stats{}, fmt.Errorf("%w: the set below version %d is gone", ErrCorrupt, s.set.Version)
		}
		below, err := storedStats(&base)
		if err != nil {
			return Stats{}, err
		}
		maps.Copy(stats.AnnotationsByType, below.AnnotationsByType)
		maps.Copy(stats.DurationMSByType, below.DurationMSByType)
		below.AnnotationsByType, below.DurationMSByType = stats.AnnotationsByType, stats.DurationMSByType
		stats = below
	}
	stats.add(s.before, -1, s.types.byID)
	stats.add(s.now, 1, s.types.byID)
	stats.prune(s.types.vocab)
	return stats, nil
}

// ownStats returns the statistics of the files that were surveyed.
func (s *survey) ownStats() Stats {
	stats := s.types.emptyStats()
	stats.add(s.now, 1, s.types.byID)
	return stats
}

// file reads one audio file once, for both sides.
func (r *surveyor) file(ctx context.Context, i int) error {
	f, result := &r.files[i], &r.results[i]
	r.before.beginFile()
	r.now.beginFile()
	if r.digest != nil {
		r.digest.reset()
	}
	err := r.tx.EachLabel(ctx, r.stack, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
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
		return r.digest.write(row, r.types.byID[row.TypeID])
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

// cleanBelow tells whether the set below has the file marked as clean.
func (s *survey) cleanBelow(tx *sqlite.ReadTx, f *sqlite.SeenFile) (bool, error) {
	for _, depth := range f.Layers {
		if depth > 0 {
			below, _, err := tx.FileInLayer(s.stack[depth].ID, f.ID)
			return below.Clean, err
		}
	}
	return false, nil
}
