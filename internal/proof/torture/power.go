package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// moment is what was on the disk when a call returned.
type moment struct {
	what    string
	db, wal []byte
	state   string
	other   bool // another file has taken the place of the one of the moment before
}

// record does a workload and keeps every moment of it. This process reads the files while it has them open, which on
// some systems drops its locks on them. That does no harm: no other process uses them.
func record(ctx context.Context, w *workload, path string) ([]moment, error) {
	s, err := w.open(ctx, path)
	if err != nil {
		return nil, err
	}
	var all []moment
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	take := func(what string) error {
		m := moment{what: what}
		now, err := os.Stat(path)
		if err != nil {
			return err
		}
		m.other, file = !os.SameFile(now, file), now
		if m.db, err = os.ReadFile(path); err != nil {
			return err
		}
		if m.wal, err = os.ReadFile(path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if what == closing {
			m.state = all[len(all)-1].state
		} else if m.state, err = inspect.Dump(ctx, s.Store); err != nil {
			return err
		}
		all = append(all, m)
		return nil
	}
	for step := range w.steps {
		if w.reopens(step) {
			if err := errors.Join(s.Close(), take(closing)); err != nil {
				return nil, err
			}
			if s, err = w.open(ctx, path); err != nil {
				return nil, err
			}
		}
		if step == 0 {
			if err := take(opening); err != nil {
				return nil, err
			}
		}
		if err := w.do(ctx, s, step); err != nil {
			return nil, err
		}
		if err := take(fmt.Sprintf("step %d, %s", step, w.verb(step))); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(s.Close(), take(closing)); err != nil {
		return nil, err
	}
	return all, nil
}

// outage cuts the power between the moments of a recording.
type outage struct {
	rand  *rand.Rand
	path  string
	known map[string]string // what sound database files hold, by their bytes
	cuts  int
	whole bool // every frame is cut, not only some
	last  moment
}

func power(ctx context.Context, o *options) (string, error) {
	cuts, states := 0, 0
	for n := range o.workloads {
		w := &workload{shapes[n%len(shapes)], o.seed + uint64(n)}
		dir := filepath.Join(o.dir, fmt.Sprint("workload", n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return "", err
		}
		out, err := outages(ctx, w, dir, true)
		if err != nil {
			return "", fmt.Errorf("workload %q: %w", w.name, err)
		}
		more, err := deeds(ctx, &out.last, dir, w.seed, 8)
		if err != nil {
			return "", fmt.Errorf("with the store of workload %q: %w", w.name, err)
		}
		o.progress("workload %q: %d outages, %d states; %d outages in backups, restores and exports", w.name, out.cuts,
			len(out.known), more)
		cuts += out.cuts + more
		states += len(out.known)
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d workloads, %d outages that led to %d states, 0 acknowledged lost, 0 invariants broken",
		o.workloads, cuts, states), nil
}

// outages records a workload, and cuts the power between each two moments of it.
func outages(ctx context.Context, w *workload, dir string, whole bool) (*outage, error) {
	all, err := record(ctx, w, filepath.Join(dir, "recorded.annoset"))
	if err != nil {
		return nil, err
	}
	o := &outage{
		rand: rand.New(rand.NewPCG(w.seed, 1)), path: filepath.Join(dir, "labels.annoset"),
		known: map[string]string{}, whole: whole, last: all[len(all)-2], // as it was before it was closed
	}
	for i := 1; i < len(all); i++ {
		if err := o.between(ctx, &all[i-1], &all[i]); err != nil {
			return o, fmt.Errorf("between %s and %s: %w", all[i-1].what, all[i].what, err)
		}
	}
	return o, nil
}

// between cuts the power everywhere between two moments: while the log is written, and while the log is moved into the
// database.
func (o *outage) between(ctx context.Context, from, to *moment) error {
	if to.other {
		return o.strike(ctx, to.db, to.wal, to.state)
	}
	if len(to.wal) > 0 {
		if err := o.whileLogging(ctx, from, to); err != nil {
			return err
		}
	}
	if bytes.Equal(from.db, to.db) {
		return nil
	}
	log := to.wal
	if len(log) == 0 {
		log = from.wal // deleted once all of it is in the database
	}
	for range 1 + 7*btoi(o.whole) {
		if err := o.strike(ctx, o.mixture(from.db, to.db), log, to.state); err != nil {
			return fmt.Errorf("in a checkpoint: %w", err)
		}
	}
	return o.strike(ctx, to.db, to.wal, to.state)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// whileLogging cuts the log at and inside each frame that was written since. After the cut there is nothing, or what a
// disk may have there.
func (o *outage) whileLogging(ctx context.Context, from, to *moment) error {
	written := frames(to.wal)
	begin := 0
	if len(from.wal) >= walHeader && bytes.Equal(from.wal[:walHeader], to.wal[:walHeader]) {
		if old := frames(from.wal); len(old) > 0 {
			begin = old[len(old)-1].end
		}
	}
	var cuts []int
	if begin == 0 { // a new log, or one that was restarted
		cuts = append(cuts, 0, 1+o.rand.IntN(walHeader-1), walHeader)
		begin = walHeader
	}
	last := begin
	for _, f := range written {
		if f.end <= begin {
			continue
		}
		if o.whole || f.size != 0 {
			inHeader, inData := last+1+o.rand.IntN(frameHeader), last+frameHeader+o.rand.IntN(len(f.data))
			cuts = append(cuts, last, inHeader, inData, f.end-1, f.end)
		}
		last = f.end
	}
	for _, cut := range cuts {
		state := from.state
		if cut >= last {
			state = to.state
		}
		if err := o.strike(ctx, from.db, to.wal[:cut], state); err != nil {
			return fmt.Errorf("the log ends at %d: %w", cut, err)
		}
		if cut >= last {
			continue
		}
		if err := o.strike(ctx, from.db, o.torn(from.wal, to.wal[:last], cut), state); err != nil {
			return fmt.Errorf("the log is torn at %d: %w", cut, err)
		}
	}
	return nil
}

// sector is the unit in which a disk writes, in bytes.
const sector = 512

// torn returns a log that has lost, in one of several ways, what was written from cut on. A log that was started over
// keeps what is left of the old one behind that.
func (o *outage) torn(old, written []byte, cut int) []byte {
	out := bytes.Clone(written)
	if len(old) > len(written) {
		out = append(out, old[len(written):]...)
	}
	tail := out[cut:len(written)]
	switch o.rand.IntN(4) {
	case 0: // the file has grown, but the data has not arrived
		clear(tail)
	case 1: // the data is garbage
		for i := range tail {
			tail[i] = byte(o.rand.Uint32())
		}
	case 2: // the old data is still there
		clear(tail)
		copy(tail, old[min(cut, len(old)):])
	case 3: // some sectors have arrived, but not the first that is needed
		first := min((cut/sector+1)*sector, len(written))
		clear(out[cut:first])
		for at := first; at < len(written); at += sector {
			if o.rand.IntN(2) == 0 {
				clear(out[at:min(at+sector, len(written))])
			}
		}
	}
	if bytes.Equal(tail, written[cut:]) && len(tail) > 0 {
		tail[0] ^= 0xff // the loss happened to equal what was written: make it differ
	}
	return out
}

// mixture returns a database file with some sectors of the old state and some of the new one.
func (o *outage) mixture(from, to []byte) []byte {
	size := len(to)
	if len(from) > len(to) || o.rand.IntN(2) == 0 {
		size = len(from)
	}
	out := make([]byte, size)
	copy(out, from)
	for at := 0; at < size; at += sector {
		if o.rand.IntN(2) == 0 {
			copy(out[at:min(at+sector, size)], to[min(at, len(to)):])
		}
	}
	return out
}

// strike opens what an outage has left, and closes it. The file must then be, byte for byte, what the complete
// transactions in the log make of it, be sound, and hold the state.
func (o *outage) strike(ctx context.Context, db, wal []byte, state string) error {
	o.cuts++
	want := replayed(db, wal)
	if err := errors.Join(write(o.path, db), write(o.path+"-wal", wal)); err != nil {
		return err
	}
	s, err := annoset.Open(ctx, o.path, nil)
	if err != nil {
		return err
	}
	_, err = s.Datasets(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	now, err := os.ReadFile(o.path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, want) {
		return errors.New("the file is not what its log makes of it")
	}
	holds, known := o.known[string(now)]
	if !known {
		if holds, err = examined(ctx, o.path); err != nil {
			return err
		}
		o.known[string(now)] = holds
	}
	if holds != state {
		return errors.New("the store does not hold exactly what was acknowledged")
	}
	return nil
}

// examined checks the store in a file and returns what it holds.
func examined(ctx context.Context, path string) (string, error) {
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		return "", err
	}
	state, err := inspect.Dump(ctx, s)
	return state, errors.Join(err, inspect.Store(ctx, s), s.Close(), inspect.File(ctx, path))
}

// write writes a file, or removes it if there is no data.
func write(path string, data []byte) error {
	if len(data) > 0 {
		return os.WriteFile(path, data, 0o600)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
