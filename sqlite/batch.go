package sqlite

import (
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
)

// The driver crosses into SQLite, and locks a mutex there, twice for each value of a row that it reads. A SQL function
// gets all the values of a row in one crossing and without a lock. So the reads that have many rows say
//
//	SELECT 1 FROM label WHERE … AND take_label(?, id, …)
//
// where the function puts each row into a batch, and is true once that is full: then the statement yields one row, which
// says no more than that the batch can be read.

// batchRows is how many rows a batch holds at most, and firstRows how many the first one does, for those who soon stop.
const (
	batchRows = 256
	firstRows = 16
)

// batch is a run of labels on its way.
type batch struct {
	rows  [batchRows]LabelRow
	limit int // it is full
	n     int // that are filled
	at    int // that were read
}

// batches are the ones that statements fill, by the number that they hand to the function.
var batches = struct {
	sync.RWMutex
	filling map[int64]*batch
	last    int64
	idle    sync.Pool
}{filling: make(map[int64]*batch), idle: sync.Pool{New: func() any { return new(batch) }}}

// openBatch returns an empty batch and its number.
func openBatch() (*batch, int64) {
	b := batches.idle.Get().(*batch)
	b.limit, b.n, b.at = firstRows, 0, 0
	batches.Lock()
	defer batches.Unlock()
	batches.last++
	batches.filling[batches.last] = b
	return b, batches.last
}

func closeBatch(number int64) {
	batches.Lock()
	defer batches.Unlock()
	if b := batches.filling[number]; b != nil {
		delete(batches.filling, number)
		batches.idle.Put(b)
	}
}

var errNoBatch = errors.New("sqlite: take_label is for this package's own statements")

// takeLabel is the SQL function take_label. Text among args is SQLite's own memory, good for this call alone.
func takeLabel(args []driver.Value) (driver.Value, error) {
	number, _ := args[0].(int64)
	batches.RLock()
	b := batches.filling[number]
	batches.RUnlock()
	if b == nil || b.n == b.limit {
		return nil, errNoBatch
	}
	r := &b.rows[b.n]
	r.ID, _ = args[1].(int64)
	r.StartMS, _ = args[2].(int64)
	r.EndMS, _ = args[3].(int64)
	r.TypeID, _ = args[4].(int64)
	r.Confidence, r.HasConfidence = args[5].(float64)
	text, _ := args[6].(string)
	r.ExtraData = strings.Clone(text)
	if b.n++; b.n == b.limit {
		return int64(1), nil
	}
	return int64(0), nil
}

// labelCursor steps through the labels that a statement with take_label reads.
type labelCursor struct {
	cu     *cursor
	b      *batch
	number int64
	done   bool
}

// openLabels runs a query whose first parameter is the number of a batch.
func (c *conn) openLabels(query string, args ...driver.Value) (*labelCursor, error) {
	b, number := openBatch()
	cu, err := c.open(query, append([]driver.Value{number}, args...)...)
	if err != nil {
		closeBatch(number)
		return nil, err
	}
	return &labelCursor{cu: cu, b: b, number: number}, nil
}

// next returns the next label, good until the one after, or nil at the end.
func (lc *labelCursor) next() (*LabelRow, error) {
	b := lc.b
	for b.at == b.n {
		if lc.done {
			return nil, nil
		}
		if b.at > 0 { // the driver takes the first step by itself, when it opens the query
			b.limit, b.n, b.at = batchRows, 0, 0
		}
		full, err := lc.cu.next()
		if err != nil {
			return nil, err
		}
		lc.done = !full
	}
	b.at++
	return &b.rows[b.at-1], nil
}

func (lc *labelCursor) close() error {
	err := lc.cu.close()
	if lc.b != nil {
		closeBatch(lc.number)
		lc.b = nil
	}
	return err
}
