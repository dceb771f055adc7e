package insert

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// existing counts the labels that a set had before an import, of the audio files that the import names. The labels of a
// file are read when it is first named. The import may have written other files by then, but not this one.
type existing struct {
	tx    *sqlite.ReadTx
	set   *sqlite.SetRow
	types *reader.Types
	stack []sqlite.LayerRow
	files map[string]map[labelKey]int
}

// labelKey identifies what a label says within its audio file: a hash of everything but its id.
type labelKey [16]byte

func keyOf(l *label.Label) (k labelKey) {
	const fixed = 33
	said := make([]byte, fixed, fixed+len(l.Type)+len(l.ExtraData))
	binary.LittleEndian.PutUint64(said[0:], uint64(l.StartMS))
	binary.LittleEndian.PutUint64(said[8:], uint64(l.EndMS))
	if l.HasConfidence {
		binary.LittleEndian.PutUint64(said[16:], math.Float64bits(l.Confidence))
		said[24] = 1
	}
	binary.LittleEndian.PutUint64(said[25:], uint64(len(l.Type)))
	said = append(append(said, l.Type...), l.ExtraData...)
	sum := sha256.Sum256(said)
	copy(k[:], sum[:])
	return k
}

// take reports whether the set had a label before the import. It does so once for each time that the set had it.
func (e *existing) take(ctx context.Context, l *label.Label) (bool, error) {
	keys, loaded := e.files[l.File]
	if !loaded {
		var err error
		if keys, err = e.load(ctx, l.File); err != nil {
			return false, err
		}
		e.files[l.File] = keys
	}
	key := keyOf(l)
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
		if e.types, err = reader.LoadTypes(ctx, e.tx, e.set.DatasetID); err != nil {
			return nil, err
		}
		if e.stack, err = e.tx.Stack(ctx, e.set.LayerID); err != nil {
			return nil, err
		}
	}
	file, err := reader.SeenFile(ctx, e.tx, e.set, name)
	if err != nil || file == nil {
		return keys, err
	}
	return keys, reader.EachLabel(ctx, e.tx, e.stack, file, sqlite.Span{}, func(r *reader.Row) error {
		if !r.Hidden {
			l := reader.LabelOf(name, e.types.ByID[r.TypeID], r.LabelRow)
			keys[keyOf(&l)]++
		}
		return nil
	})
}
