package proof

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// Reproducible returns options under which a store returns the same in each run: a clock that advances by a second each
// time it is read, and ids that count up.
func Reproducible() *annoset.Options {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n uint64
	return &annoset.Options{
		Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		},
		NewID: func() uuid.UUID {
			n++
			var id uuid.UUID
			binary.BigEndian.PutUint64(id[8:], n)
			return id
		},
	}
}

// Replay is a clock and a source of ids that can be rewound: a call that is tried again must write the very same.
type Replay struct {
	base, n uint64
}

// Rewind goes to the times and ids of one step of a story. Each step has a thousand.
func (r *Replay) Rewind(step int) { r.base, r.n = uint64(step)*1000, 0 }

// Options returns options with the clock and the ids.
func (r *Replay) Options() *annoset.Options {
	return &annoset.Options{
		Now: func() time.Time {
			r.n++
			return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(r.base+r.n) * time.Second)
		},
		NewID: func() uuid.UUID {
			r.n++
			return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", r.base+r.n))
		},
	}
}
