package annoset

import (
	"context"
	"encoding/json"
	"fmt"

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

// survey goes once over the audio files that a set has changed against the published one it stands on, and takes
// statistics of both sides and, if asked, the digest of each file.
type survey struct {
	tx    *sqlite.ReadTx
	set   *sqlite.SetRow
	types *types
	stack []sqlite.LayerRow

	before, now *tally
	// fileDone, if not nil, gets each file with its number of labels and its digest, nil where there is nothing.
	fileDone func(f *sqlite.SeenFile, annotations int64, digest []byte) error
	// label, if not nil, gets each label that is seen.
	label func(f *sqlite.SeenFile, r *sqlite.LabelRow) error
}

func newSurvey(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (*survey, error) {
	names, err := loadTypes(ctx, tx, set.DatasetID)
	if err != nil {
		return nil, err
	}
	stack, err := tx.Stack(ctx, set.LayerID)
	if err != nil {
		return nil, err
	}
	return &survey{tx: tx, set: set, types: names, stack: stack, before: newTally(), now: newTally()}, nil
}

// changed surveys what the set has changed, and returns the statistics of the whole set: those of the set below,
// less what was, plus what is.
func (s *survey) changed(ctx context.Context) (Stats, error) {
	stats := s.types.emptyStats()
	if s.set.BaseID != nil {
		base, found, err := s.tx.SetByID(ctx, *s.set.BaseID)
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
		for name, n := range below.AnnotationsByType {
			stats.AnnotationsByType[name], stats.DurationMSByType[name] = n, below.DurationMSByType[name]
		}
		below.AnnotationsByType, below.DurationMSByType = stats.AnnotationsByType, stats.DurationMSByType
		stats = below
	}
	if err := s.tx.ChangedFiles(ctx, s.set.LayerID, func(f *sqlite.SeenFile) error {
		return s.file(ctx, f)
	}); err != nil {
		return Stats{}, err
	}
	stats.add(s.before, -1, s.types.byID)
	stats.add(s.now, 1, s.types.byID)
	stats.prune(s.types.vocab)
	return stats, nil
}

// whole surveys every file of the set.
func (s *survey) whole(ctx context.Context) (Stats, error) {
	if err := s.tx.SeenFiles(ctx, s.set.LayerID, func(f *sqlite.SeenFile) error {
		return s.file(ctx, f)
	}); err != nil {
		return Stats{}, err
	}
	stats := s.types.emptyStats()
	stats.add(s.now, 1, s.types.byID)
	stats.prune(s.types.vocab)
	return stats, nil
}

// file reads one audio file once, for both sides.
func (s *survey) file(ctx context.Context, f *sqlite.SeenFile) error {
	s.before.beginFile()
	s.now.beginFile()
	var digest *fileDigest
	if s.fileDone != nil {
		digest = newFileDigest(nil)
	}
	err := s.tx.EachLabel(ctx, s.stack, f, sqlite.Span{}, func(r *sqlite.LabelRow) error {
		if r.Depth > 0 && !r.HiddenBelow {
			s.before.add(r.TypeID, r.StartMS, r.EndMS)
		}
		if r.Hidden {
			return nil
		}
		s.now.add(r.TypeID, r.StartMS, r.EndMS)
		if s.label != nil {
			if err := s.label(f, r); err != nil {
				return err
			}
		}
		if digest == nil {
			return nil
		}
		return digest.write(r, s.types.byID[r.TypeID])
	})
	if err != nil {
		return err
	}
	was, err := s.cleanBelow(f)
	if err != nil {
		return err
	}
	s.before.endFile(was)
	s.now.endFile(f.Clean)
	if s.fileDone == nil {
		return nil
	}
	var sum []byte
	if s.now.inFile > 0 || f.Clean {
		if sum, err = digest.sum(); err != nil {
			return err
		}
	}
	return s.fileDone(f, s.now.inFile, sum)
}

// cleanBelow tells whether the set below has the file marked as clean.
func (s *survey) cleanBelow(f *sqlite.SeenFile) (bool, error) {
	for _, depth := range f.Layers {
		if depth > 0 {
			below, _, err := s.tx.FileInLayer(s.stack[depth].ID, f.ID)
			return below.Clean, err
		}
	}
	return false, nil
}
