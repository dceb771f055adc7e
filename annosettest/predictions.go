package annosettest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// Mistakes is how many mistakes of each kind Predictions makes, in the terms of package evaluate.
type Mistakes struct {
	Deletions     int // labels for which nothing is predicted
	Insertions    int // predictions where there is no label
	Substitutions int // labels that are predicted with another type
}

// Predictions yields what a model with exactly these mistakes would predict for the audio files of a set: its labels,
// less some, with some of another type, and with some more. So the scores of an evaluation of all these files follow
// from the counts. With n labels in the set:
//
//	true positives  = n - Deletions - Substitutions
//	false negatives = Deletions + Substitutions
//	false positives = Insertions + Substitutions
//
// This holds when evaluate matches events, with an onset collar below a second, or by IoU; not by segments, which
// counts stretches of time. Where mistakes are is chosen by the seed: the same contents, seed and mistakes give the
// same predictions.
//
// Other types are those of the labels and those that the dataset declares. Insertions copy a label's type, length and
// confidence to a place at least a second away from every label, in audio files that have labels (in clean ones if
// there are no others), and within the duration that is known of a file. Predictions come in order of audio file,
// start, end and type, without ids, and keep confidence and extra data of the labels. Predictions reads the set before
// it returns and holds it.
//
// It fails the test if there is no room for so many mistakes, and says for how many there is. A label takes a
// substitution if no other of its type is within a second, and no mistake of the other type is near.
func Predictions(tb testing.TB, s *annoset.Store, setID uuid.UUID, seed uint64, m Mistakes,
) iter.Seq2[annoset.Annotation, error] {
	tb.Helper()
	p := &predictor{random: newRandom(seed)}
	err := p.load(context.Background(), s, setID)
	if err == nil {
		err = p.predict(m)
	}
	if err != nil {
		tb.Fatalf("annosettest.Predictions: %v", err)
	}
	return func(yield func(annoset.Annotation, error) bool) {
		for _, a := range p.out {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// predictor makes predictions of a set.
//
// Two labels are near if less than a second lies between them; no collar below a second, and no IoU, makes a pair of
// labels that are not. A cluster is a chain of labels of one type, in one file, each near the next. The counts are
// exact since no wrong prediction can be right, or stand for another mistake:
//
//   - an insertion is near no label;
//   - a substituted label is alone in its cluster, so nothing that is predicted with its type is near it;
//   - with its new type it is near clusters alone that are kept whole, whose labels have their own predictions.
type predictor struct {
	*random
	files    []examinedFile // in order of id
	types    []string       // in order
	labels   []reference    // in order of file, start, end, type…
	clusters []cluster
	out      []annoset.Annotation
}

// examinedFile is an audio file that has labels, or is clean.
type examinedFile struct {
	id         string
	durationMS int64 // 0: not known
	from, to   int   // its labels
}

// reference is a label of the set.
type reference struct {
	annoset.Annotation
	file      int
	cluster   int
	lastEndMS int64 // of the labels of the file up to this one
	deleted   bool
	newType   string // substituted by
}

type cluster struct {
	size   int
	kept   bool // no label of it may be a mistake
	wrong  bool // a label of it is a mistake
	lastMS int64
}

// load reads the set.
func (p *predictor) load(ctx context.Context, s *annoset.Store, setID uuid.UUID) error {
	stats, err := s.Stats(ctx, setID)
	if err != nil {
		return err
	}
	p.types = slices.Sorted(maps.Keys(stats.AnnotationsByType)) // those that the dataset declares too
	for f, err := range s.Examined(ctx, setID, annoset.Filter{}) {
		if err != nil {
			return err
		}
		entries, err := entriesOf(f)
		if err != nil {
			return err
		}
		from := len(p.labels)
		for _, e := range entries {
			if !e.clean {
				e.ID = 0
				p.labels = append(p.labels, reference{Annotation: e.Annotation, file: len(p.files)})
			}
		}
		p.files = append(p.files, examinedFile{id: f.ID, durationMS: f.DurationMS, from: from, to: len(p.labels)})
		p.group(p.labels[from:])
	}
	return nil
}

// group finds the clusters of the labels of one file.
func (p *predictor) group(labels []reference) {
	last := make(map[string]int) // the last cluster of each type
	end := int64(0)
	for i := range labels {
		l := &labels[i]
		end = max(end, l.EndMS)
		l.lastEndMS = end
		n, found := last[l.ArtifactType]
		if !found || l.StartMS-p.clusters[n].lastMS >= apartMS {
			n = len(p.clusters)
			p.clusters = append(p.clusters, cluster{})
			last[l.ArtifactType] = n
		}
		l.cluster = n
		p.clusters[n].size++
		p.clusters[n].lastMS = max(p.clusters[n].lastMS, l.EndMS)
	}
}

// predict chooses the mistakes and makes the predictions.
func (p *predictor) predict(m Mistakes) error {
	if m.Deletions < 0 || m.Insertions < 0 || m.Substitutions < 0 {
		return fmt.Errorf("mistakes below 0: %+v", m)
	}
	order := make([]int, len(p.labels))
	for i := range order {
		j := p.below(i + 1)
		order[i], order[j] = order[j], i
	}
	if done := p.substitute(order, m.Substitutions); done < m.Substitutions {
		why := ""
		if len(p.types) < 2 {
			why = ", and it has no second type"
		}
		return fmt.Errorf("%d substitutions are too many: the set has %d labels%s, and room for %d substitutions",
			m.Substitutions, len(p.labels), why, done)
	}
	if done := p.leaveOut(order, m.Deletions); done < m.Deletions {
		return fmt.Errorf("%d deletions are too many: the set has %d labels, and room for %d deletions beside "+
			"%d substitutions", m.Deletions, len(p.labels), done, m.Substitutions)
	}
	for i := range p.labels {
		l := p.labels[i]
		if l.newType != "" {
			l.ArtifactType = l.newType
		}
		if !l.deleted {
			p.out = append(p.out, l.Annotation)
		}
	}
	if done := p.insert(m.Insertions); done < m.Insertions {
		return fmt.Errorf("%d insertions are too many: the set has %d audio files, and room for %d insertions, "+
			"each %d ms away from every label and within the known durations", m.Insertions, len(p.files), done, apartMS)
	}
	slices.SortStableFunc(p.out, func(a, b annoset.Annotation) int {
		return (&entry{Annotation: a}).compare(&entry{Annotation: b})
	})
	return nil
}

// substitute gives up to n labels another type, and returns how many.
func (p *predictor) substitute(order []int, n int) (done int) {
	for _, i := range order {
		if done == n {
			break
		}
		l := &p.labels[i]
		own := &p.clusters[l.cluster]
		if own.size > 1 || own.kept || own.wrong {
			continue
		}
		name, near, ok := p.otherType(l)
		if !ok {
			continue
		}
		l.newType, own.wrong = name, true
		for _, c := range near {
			p.clusters[c].kept = true
		}
		done++
	}
	return done
}

// otherType chooses the type that takes the place of a label's own: rather one of which no label is near. It returns
// the clusters of that type that are near.
func (p *predictor) otherType(l *reference) (name string, near []int, ok bool) {
	if len(p.types) < 2 {
		return "", nil, false
	}
	wrong := make(map[string]bool)
	by := make(map[string][]int)
	for _, i := range p.near(l) {
		other := &p.labels[i]
		by[other.ArtifactType] = append(by[other.ArtifactType], other.cluster)
		wrong[other.ArtifactType] = wrong[other.ArtifactType] || p.clusters[other.cluster].wrong
	}
	first := p.below(len(p.types))
	for k := range p.types {
		candidate := p.types[(first+k)%len(p.types)]
		if candidate == l.ArtifactType || wrong[candidate] || ok && len(by[candidate]) >= len(near) {
			continue
		}
		if name, near, ok = candidate, by[candidate], true; len(near) == 0 {
			break
		}
	}
	return name, near, ok
}

// near returns the labels that are near a label of the same file.
func (p *predictor) near(l *reference) (found []int) {
	f := &p.files[l.file]
	labels := p.labels[f.from:f.to]
	end := sort.Search(len(labels), func(i int) bool { return labels[i].StartMS-l.EndMS >= apartMS })
	for i := end - 1; i >= 0 && l.StartMS-labels[i].lastEndMS < apartMS; i-- {
		if l.StartMS-labels[i].EndMS < apartMS {
			found = append(found, f.from+i)
		}
	}
	return found
}

// leaveOut leaves up to n labels out, and returns how many: at first those that are alone, so that nothing else can be
// taken for them.
func (p *predictor) leaveOut(order []int, n int) (done int) {
	for _, alone := range []bool{true, false} {
		for _, i := range order {
			if done == n {
				return done
			}
			l := &p.labels[i]
			c := &p.clusters[l.cluster]
			if c.kept || l.deleted || l.newType != "" || (c.size == 1) != alone {
				continue
			}
			l.deleted, c.wrong = true, true
			done++
		}
	}
	return done
}

// gap is a stretch of an audio file in which no label is near, long enough for one of minLengthMS.
type gap struct {
	file     int
	from, to int64
}

// insert adds up to n predictions, and returns how many.
func (p *predictor) insert(n int) (done int) {
	gaps := p.gaps()
	for ; done < n && len(gaps) > 0; done++ {
		a := annoset.Annotation{ArtifactType: "inserted", EndMS: minLengthMS} // where there is no label to copy
		if len(p.types) > 0 {
			a.ArtifactType = p.types[p.below(len(p.types))]
		}
		if len(p.labels) > 0 {
			l := p.labels[p.below(len(p.labels))]
			a.ArtifactType, a.Confidence, a.EndMS = l.ArtifactType, l.Confidence, l.EndMS-l.StartMS
		}
		i := p.below(len(gaps))
		g := &gaps[i]
		a.AudioFileID = p.files[g.file].id
		a.StartMS, a.EndMS = g.from, min(g.from+a.EndMS, g.to)
		p.out = append(p.out, a)
		if g.from = a.EndMS + apartMS; g.to-g.from < minLengthMS {
			gaps[i] = gaps[len(gaps)-1]
			gaps = gaps[:len(gaps)-1]
		}
	}
	return done
}

// gaps finds where insertions can be: in files that have labels, or else in clean ones.
func (p *predictor) gaps() (gaps []gap) {
	for n, f := range p.files {
		if f.from == f.to && len(p.labels) > 0 {
			continue
		}
		limit := f.durationMS
		if limit == 0 {
			limit = annoset.MaxTimeMS
		}
		from := int64(0)
		for _, l := range p.labels[f.from:f.to] {
			if to := min(l.StartMS-apartMS, limit); to-from >= minLengthMS {
				gaps = append(gaps, gap{n, from, to})
			}
			from = max(from, l.EndMS+apartMS)
		}
		if limit-from >= minLengthMS {
			gaps = append(gaps, gap{n, from, limit})
		}
	}
	return gaps
}
