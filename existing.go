package annoset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math"

	"github.com/annoset/annoset/sqlite"
)

// existing are the labels that a set has of the audio files that an import names, as they were before it.
type existing struct {
	tx    *sqlite.ReadTx
	set   *sqlite.SetRow
	types *types
	stack []sqlite.LayerRow
	files map[string]map[labelKey]int
}

// labelKey names the contents of a label within its audio file.
type labelKey [16]byte

func keyOf(artifactType string, startMS, endMS int64, confidence float64, has bool, extra string) (k labelKey) {
	h := sha256.New()
	var fixed [33]byte
	binary.LittleEndian.PutUint64(fixed[0:], uint64(startMS))
	binary.LittleEndian.PutUint64(fixed[8:], uint64(endMS))
	if has {
		binary.LittleEndian.PutUint64(fixed[16:], math.Float64bits(confidence))
		fixed[24] = 1
	}
	binary.LittleEndian.PutUint64(fixed[25:], uint64(len(artifactType)))
	h.Write(fixed[:])
	io.WriteString(h, artifactType)
	io.WriteString(h, extra)
	copy(k[:], h.Sum(nil))
	return k
}

// take tells whether a label is there already, once for each time that it is.
func (e *existing) take(ctx context.Context, a *Annotation) (bool, error) {
	keys, loaded := e.files[a.AudioFileID]
	if !loaded {
		var err error
		if keys, err = e.load(ctx, a.AudioFileID); err != nil {
			return false, err
		}
		e.files[a.AudioFileID] = keys
	}
	row := rowOf(a, 0, 0)
	key := keyOf(a.ArtifactType, a.StartMS, a.EndMS, row.Confidence, row.HasConfidence, row.ExtraData)
	if keys[key] == 0 {
		return false, nil
	}
	keys[key]--
	return true, nil
}

func (e *existing) load(ctx context.Context, name string) (map[labelKey]int, error) {
	keys := make(map[labelKey]int)
	if e.types == nil {
		var err error
		if e.types, err = loadTypes(ctx, e.tx, e.set.DatasetID); err != nil {
			return nil, err
		}
		if e.stack, err = e.tx.Stack(ctx, e.set.LayerID); err != nil {
			return nil, err
		}
	}
	file, err := seenFile(ctx, e.tx, e.set, name)
	if err != nil || file == nil {
		return keys, err
	}
	return keys, e.tx.EachLabel(ctx, e.stack, file, sqlite.Span{}, func(r *sqlite.LabelRow) error {
		if !r.Hidden {
			keys[keyOf(e.types.byID[r.TypeID], r.StartMS, r.EndMS, r.Confidence, r.HasConfidence, r.ExtraData)]++
		}
		return nil
	})
}
